#include "server/storage/rows.h"

namespace segmentation::storage {

bool WriteSet::empty() const {
  return members.empty() && identities.empty() && deleted_identities.empty() &&
         attributes.empty() && consents.empty() && consent_history.empty() &&
         tag_assignments.empty() && deleted_tag_assignments.empty() && tag_history.empty() &&
         notes.empty() && deleted_notes.empty() && orders.empty() && products.empty() && !shop &&
         !policy && stores.empty() && deleted_stores.empty() && promotions.empty() &&
         deleted_promotions.empty() && attribute_definitions.empty() &&
         deleted_attribute_definitions.empty() && tag_categories.empty() &&
         deleted_tag_categories.empty() && tags.empty() && deleted_tags.empty() && groups.empty() &&
         group_revisions.empty() && deleted_groups.empty() && retired_group_ids.empty() &&
         requests.empty() && import_progress.empty() && operations.empty();
}

bool WriteSet::changes_definitions() const {
  return shop || policy || !stores.empty() || !deleted_stores.empty() || !promotions.empty() ||
         !deleted_promotions.empty() || !attribute_definitions.empty() ||
         !deleted_attribute_definitions.empty() || !tag_categories.empty() ||
         !deleted_tag_categories.empty() || !tags.empty() || !deleted_tags.empty() ||
         !groups.empty() || !deleted_groups.empty() || !retired_group_ids.empty();
}

}  // namespace segmentation::storage

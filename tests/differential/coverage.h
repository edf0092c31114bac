// Which tests (attribute × operator, row term × operator …) the conditions used, and in how many
// conditions each decided: replaced by TRUE and replaced by FALSE, the condition selects otherwise.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/condition/tree.h"
#include "server/domain/shop.h"
#include "tests/differential/member_set.h"
#include "tests/differential/shop_under_test.h"

namespace segmentation::differential {

// One test within a leaf: "attribute city NOT IN", "row title CONTAINS", "aggregate count >=",
// "tag FROM" …
struct TestSite {
  enum class Part { kLeaf, kRowTerm, kAggregate };
  std::string feature;
  Part part = Part::kLeaf;
  size_t index = 0;  // of the row term or aggregate in its clause
};

// The tests of a leaf.
std::vector<TestSite> SitesOf(const domain::condition::Node& leaf,
                              const domain::ShopDefinitions& definitions);

// What a clause would select with one of its tests, or the whole leaf, answering the same for
// everybody.
struct Alternatives {
  MemberSet if_true;
  MemberSet if_false;
};
absl::StatusOr<Alternatives> AlternativesOf(const ShopUnderTest& shop, base::InstantMs as_of,
                                            const domain::condition::Node& leaf,
                                            const TestSite& site);

// True if a leaf that selects `selected` decides by that test, where the whole hangs on the leaf
// for the members `sensitive`.
bool Decides(const Alternatives& alternatives, const MemberSet& selected,
             const MemberSet& sensitive);

// Every attribute × operator, term × operator and other test there is for such a shop, but those
// that cannot decide because they are the same for every member: IS NULL and IS NOT NULL of what
// is never absent (those are counted with Uses alone).
struct ExpectedFeatures {
  std::set<std::string> deciding;
  std::set<std::string> constant;
};
ExpectedFeatures ExpectedFeaturesOf(const domain::ShopDefinitions& definitions);

// How often every feature must occur, and in how many conditions it must decide.
struct Quotas {
  int uses = 200;
  int deciding = 50;
};

class Coverage {
 public:
  explicit Coverage(Quotas quotas) : quotas_(quotas) {}

  // Counts a condition. `leaves` are its leaves with what each selects, left to right.
  absl::Status Count(const ShopUnderTest& shop, base::InstantMs as_of,
                     const domain::condition::Node& tree,
                     const std::vector<const domain::condition::Node*>& leaves,
                     const std::vector<MemberSet>& leaf_sets);

  int Uses(const std::string& feature) const;
  int Deciding(const std::string& feature) const;  // counted up to its quota
  const Quotas& quotas() const { return quotas_; }

  // The features below their quota, with their counts; empty: met.
  std::vector<std::string> Missing(const ExpectedFeatures& expected) const;

 private:
  absl::Status CountSite(const ShopUnderTest& shop, base::InstantMs as_of,
                         const domain::condition::Node& leaf, const TestSite& site,
                         const MemberSet& selected, const MemberSet& sensitive);

  const Quotas quotas_;
  std::map<std::string, int> uses_;
  std::map<std::string, int> deciding_;
};

}  // namespace segmentation::differential

#include "server/rpc/list_page.h"

#include <algorithm>
#include <utility>

#include "server/base/status_macros.h"
#include "server/rpc/convert_resource.h"

namespace segmentation::rpc {

int64_t Page::NumberAfter(int index) const {
  return after && index < after->after_numbers_size() ? after->after_numbers(index) : 0;
}

std::string Page::TextAfter(int index) const {
  return after && index < after->after_texts_size() ? after->after_texts(index) : std::string();
}

std::string Page::NextToken(const Call& call, const usecase::ReadStamp& stamp,
                            internal::PageToken position) const {
  position.set_arguments_hash(arguments_hash);
  position.set_shop_no(call.context.shop.number);
  position.set_revision(stamp.revision);
  position.set_as_of_ms(stamp.as_of_ms);
  return call.parts->pages.Encode(std::move(position));
}

absl::StatusOr<Page> MakePage(const Call& call, int32_t page_size, std::string_view page_token,
                              std::string arguments_hash) {
  Page page;
  ASSIGN_OR_RETURN(page.size, PageSizeOf(page_size));
  page.read = call.read;
  page.arguments_hash = std::move(arguments_hash);
  if (page_token.empty()) return page;
  ASSIGN_OR_RETURN(page.after, call.parts->pages.DecodePage(page_token, call.context.shop.number,
                                                            page.arguments_hash, "page_token"));
  page.read.min_revision = std::max(page.read.min_revision, page.after->revision());
  page.read.as_of_ms = page.after->as_of_ms();
  return page;
}

internal::PageToken AfterNumber(int64_t number) {
  internal::PageToken position;
  position.add_after_numbers(number);
  return position;
}

internal::PageToken AfterText(std::string_view text) {
  internal::PageToken position;
  position.add_after_texts(std::string(text));
  return position;
}

}  // namespace segmentation::rpc

// One version of a shop's index: immutable once published, shared by everyone who reads it. Every
// part is a function of the shop's rows at `revision`.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/audience/bucket_columns.h"
#include "server/audience/fact_texts.h"
#include "server/audience/member_bitmap.h"
#include "server/audience/member_directory.h"
#include "server/audience/order_columns.h"
#include "server/audience/order_page.h"
#include "server/audience/packed_page.h"
#include "server/audience/page_table.h"
#include "server/audience/tag_page.h"
#include "server/audience/text_dictionary.h"
#include "server/domain/ids.h"
#include "server/domain/member.h"

namespace segmentation::audience {

// The values of one attribute. Numbers as they are stored, texts as numbers of folded texts.
struct Column {
  PageTable<PackedPage> values;  // a member's only value, or its first
  // Further values of members that have several, page by page of kFactRows members.
  struct Further {
    std::map<uint32_t, std::vector<int64_t>> rows;
  };
  PageTable<Further> further;
  std::shared_ptr<TextDictionary> texts;  // null: numbers
};

// Of 256 members.
struct MemberIdPage {
  std::array<std::string, kFactRows> ids;
};

struct ShopRoot {
  domain::Revision revision = 0;
  int64_t tick_at_ms = 0;
  domain::MemberNo end_no = 1;  // numbers of members lie below
  std::shared_ptr<FactTexts> texts;
  std::shared_ptr<BucketColumns> buckets;
  std::shared_ptr<MemberDirectory> directory;

  MemberBitmap live;
  MemberBitmap blocked;
  PageTable<MemberIdPage> member_ids;
  PageTable<PackedPage> created_at;
  std::map<domain::AttributeNo, Column> attributes;  // of the profile, built-in and custom
  Column email_domains;
  std::map<domain::IdentityKind, MemberBitmap> identities;
  std::map<std::pair<domain::Channel, domain::ConsentState>, MemberBitmap> consents;
  // By tag number: members that have the tag, expired or not; and those who have one that expires
  // at some time. Tables, since a shop may have very many tags and a version copies what is here.
  PageTable<MemberBitmap> tags;
  PageTable<MemberBitmap> expiring_tags;
  PageTable<TagPage> tag_facts;
  PageTable<OrderPage> orders;
  OrderColumns order_columns;
  MemberBitmap buyers;  // members with orders, counted or not

  uint32_t block_count() const { return (end_no - 1) / kBlockMembers + 1; }
  const std::string& MemberId(domain::MemberNo member_no) const {
    return member_ids.Find(member_no / kFactRows)->ids[member_no % kFactRows];
  }
  // Nothing: no live member has the id.
  std::optional<domain::MemberNo> MemberNoOf(std::string_view member_id) const {
    return directory->Find(member_id, [&](domain::MemberNo member_no) {
      return live.Test(member_no) && MemberId(member_no) == member_id;
    });
  }
};

}  // namespace segmentation::audience

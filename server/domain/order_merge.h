// What becomes of an order when another snapshot of it arrives: any order of arrival ends in the
// same state (T25, T26, T87). Pure.
#pragma once

#include <compare>
#include <string_view>

#include "server/domain/order.h"

namespace segmentation::domain {

// Compares what two snapshots of one order say, beside its refunds, reviews and exclusion. Left out
// are internal numbers (but the store's), what the policy makes, stamps and source_updated_at. The
// order has no meaning but to be total and the same everywhere.
std::strong_ordering CompareFacts(const Order& a, const Order& b);

// Equal in everything a source can say: CompareFacts, refunds, reviews and source_updated_at.
bool SameFacts(const Order& a, const Order& b);

// Which of two snapshots holds: by source_updated_at; equal ones by the later status in an order's
// life (T87); then by which says more (lines, address); then by CompareFacts; then by member id, so
// that even one order claimed by two members has one owner. greater: `a` holds.
std::strong_ordering ComparePrecedence(const Order& a, std::string_view member_id_a, const Order& b,
                                       std::string_view member_id_b);

// Of two states of one refund: the later status, then the later time (one with a time beats one
// without), then the greater amount and quantity, then the rest. Sources give refunds no version of
// their own.
std::strong_ordering CompareRefunds(const Refund& a, const Refund& b);

// Of two states of one review: the later time, a written one before an automatic one, then the
// rest.
std::strong_ordering CompareReviews(const Review& a, const Review& b);

struct OrderMerge {
  // False: the snapshot adds nothing; `order` is the stored one and nothing is to be written.
  bool changed = false;
  // The snapshot's own facts hold from now on; false while only a refund or review joined.
  bool replaced = false;
  // member_no or identity_no differs from the stored order's: its rows move.
  bool member_changed = false;
  // The merged facts, with the stored order's numbers, stamp and exclusion. Lines and refunds are
  // sorted by number, reviews by id. The policy is yet to be applied.
  Order order;
};

// Merges a snapshot into the stored order of the same key. Lines keep the number of the stored line
// of their id, refunds likewise; new ones are numbered on. Refunds and reviews are united by id: a
// snapshot that does not name one does not take it back. `arriving` has its member, identity and
// store resolved; its own numbers, stamp, measure and exclusion are not read. Ids of lines, refunds
// and reviews must be unique in each order.
OrderMerge MergeOrder(const Order& stored, std::string_view stored_member_id, const Order& arriving,
                      std::string_view arriving_member_id);

// The first snapshot of an order as MergeOrder would leave it: lines and refunds numbered from 1 by
// id, reviews by id, not excluded. The policy is yet to be applied.
Order FirstSnapshot(const Order& arriving);

}  // namespace segmentation::domain

#include "server/rpc/convert_timeline.h"

#include <string>

#include "server/domain/order_policy.h"
#include "server/rpc/convert_member.h"
#include "server/rpc/convert_order.h"
#include "server/rpc/convert_tag.h"
#include "server/rpc/convert_time.h"

namespace segmentation::rpc {
namespace {

using usecase::TimelineEvent;

v1::TimelineOrder OrderEntry(const domain::Order& order, base::InstantMs as_of_ms) {
  v1::TimelineOrder out;
  out.set_source(order.source);
  out.set_external_id(order.external_id);
  out.set_status(static_cast<v1::OrderStatus>(order.status));
  out.set_net_minor_units(domain::NetAt(order, as_of_ms));
  out.set_counted(domain::IsCountedAt(order, as_of_ms));
  if (!order.lines.empty()) out.set_title(order.lines.front().title);
  out.set_line_count(static_cast<int32_t>(order.lines.size()));
  return out;
}

}  // namespace

v1::TimelineEntry ToProto(const TimelineEvent& event, const usecase::TimelineView& view,
                          std::string_view member_id, bool reveal) {
  v1::TimelineEntry out;
  *out.mutable_occurred_at() = ToTimestamp(event.at_ms);
  if (const auto* part = std::get_if<TimelineEvent::OrderPart>(&event.body)) {
    const domain::Order& order = *part->order;
    if (event.kind == TimelineEvent::Kind::kOrder) {
      *out.mutable_order() = OrderEntry(order, view.stamp.as_of_ms);
    } else if (event.kind == TimelineEvent::Kind::kRefund) {
      out.mutable_refund()->set_source(order.source);
      out.mutable_refund()->set_external_id(order.external_id);
      *out.mutable_refund()->mutable_refund() = ToProto(order.refunds[part->index]);
    } else {
      out.mutable_review()->set_source(order.source);
      out.mutable_review()->set_external_id(order.external_id);
      *out.mutable_review()->mutable_review() = ToProto(order.reviews[part->index], reveal);
    }
  } else if (const auto* tag = std::get_if<storage::TagHistoryRow>(&event.body)) {
    *out.mutable_tag() = ToProto(*tag, member_id, *view.definitions);
  } else if (const auto* consent = std::get_if<storage::ConsentHistoryRow>(&event.body)) {
    *out.mutable_consent() = ToProto(consent->consent, consent->actor);
  } else if (const auto* note = std::get_if<domain::Note>(&event.body)) {
    *out.mutable_note() = ToProto(*note, reveal);
  }
  return out;
}

}  // namespace segmentation::rpc

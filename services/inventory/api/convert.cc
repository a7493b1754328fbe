#include "services/inventory/api/convert.h"

#include "platform/participant/grpc/probe.h"
#include "platform/rpc/time.h"

namespace ordersaga::inventory {
namespace {

void AddLines(const std::string& request, v1::Reservation* reservation) {
  try {
    for (const Line& line : DecodeLines(request)) {
      common::v1::Line* out = reservation->add_lines();
      out->set_item_id(line.item_id);
      out->set_quantity(static_cast<std::int32_t>(line.quantity));
    }
  } catch (const std::exception&) {
    reservation->set_unreadable("the stored request");
  }
}

}  // namespace

std::vector<Line> LinesOf(const v1::ReserveRequest& request) {
  std::vector<Line> lines;
  for (const common::v1::Line& line : request.lines()) lines.push_back({line.item_id(), line.quantity()});
  return lines;
}

void ToProto(const participant::EffectRecord& record, v1::Reservation* reservation) {
  reservation->set_idempotency_key(record.action_key);
  reservation->set_order_id(record.order_id);
  if (!record.request.empty()) AddLines(record.request, reservation);  // a tombstone has none
  reservation->set_state(participant::ToProto(record.state));
  if (record.settled.has_value()) {
    reservation->set_id(record.settled->answer);
    reservation->set_reason(record.settled->reason);
  }
  *reservation->mutable_created_at() = rpc::ToProto(record.created_at);
  *reservation->mutable_updated_at() = rpc::ToProto(record.updated_at);
}

void ToProto(const Restock& restock, v1::Restock* out) {
  out->set_idempotency_key(restock.key);
  out->set_item_id(restock.item_id);
  out->set_quantity(restock.quantity);
  out->set_by(restock.by);
  out->set_reason(restock.reason);
  out->set_stock_after(restock.stock_after);
  *out->mutable_created_at() = rpc::ToProto(restock.created_at);
}

void ToProto(const pg::PqxxRow& row, v1::Product* product) {
  product->set_id(row[0].c_str());
  product->set_name(row[1].c_str());
  product->mutable_unit_price()->set_amount_minor(row[2].as<std::int64_t>());
  product->mutable_unit_price()->set_currency(row[3].c_str());
  product->set_stock(row[4].as<std::int64_t>());
  product->set_initial_stock(row[5].as<std::int64_t>());
  product->set_restocked(row[6].as<std::int64_t>());
}

void ToProto(const pg::PqxxRow& row, v1::CountedProduct* product) {
  product->set_id(row[1].c_str());
  product->set_stock(row[2].as<std::int64_t>());
  product->set_initial_stock(row[3].as<std::int64_t>());
  product->set_restocked(row[4].as<std::int64_t>());
  product->set_restocks_sum(row[5].as<std::int64_t>());
}

}  // namespace ordersaga::inventory

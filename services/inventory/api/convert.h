// Inventory's values on the wire.
#pragma once

#include <vector>

#include "ordersaga/inventory/v1/inventory.pb.h"
#include "platform/participant/core/rules.h"
#include "platform/pg/pqxx.h"
#include "services/inventory/domain/stock.h"
#include "services/inventory/store/restocks.h"

namespace ordersaga::inventory {

std::vector<Line> LinesOf(const v1::ReserveRequest& request);

void ToProto(const participant::EffectRecord& record, v1::Reservation* reservation);
void ToProto(const Restock& restock, v1::Restock* out);
// A row of sql::products::get or list.
void ToProto(const pg::PqxxRow& row, v1::Product* product);
// A row of sql::products::count.
void ToProto(const pg::PqxxRow& row, v1::CountedProduct* product);

}  // namespace ordersaga::inventory

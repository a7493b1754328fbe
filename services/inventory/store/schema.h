// The tables of inventory, effects included.
#pragma once

#include "platform/pg/migration.h"

namespace ordersaga::inventory {

pg::Migrations InventoryMigrations();

}  // namespace ordersaga::inventory

#include "services/inventory/store/schema.h"

#include "inventory_migrations.embed.h"
#include "platform/participant/store/effect_store.h"

namespace ordersaga::inventory {

pg::Migrations InventoryMigrations() {
  return participant::Migrations(kInventoryMigrations);
}

}  // namespace ordersaga::inventory

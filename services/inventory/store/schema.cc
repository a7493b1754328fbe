#include "services/inventory/store/schema.h"

#include "inventory_migrations.embed.h"
#include "platform/participant/effect_store.h"

namespace ordersaga::inventory {

absl::Status MigrateInventory(pg::Session& session) {
  return pg::Migrate(session, participant::WithEffects(kInventoryMigrations));
}

}  // namespace ordersaga::inventory

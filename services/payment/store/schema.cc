#include "services/payment/store/schema.h"

#include "payment_migrations.embed.h"
#include "platform/participant/effect_store.h"

namespace ordersaga::payment {

absl::Status MigratePayment(pg::Session& session) {
  return pg::Migrate(session, participant::WithEffects(kPaymentMigrations));
}

}  // namespace ordersaga::payment

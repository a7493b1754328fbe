#include "services/payment/store/schema.h"

#include "payment_migrations.embed.h"
#include "platform/participant/store/effect_store.h"

namespace ordersaga::payment {

pg::Migrations PaymentMigrations() {
  return participant::Migrations(kPaymentMigrations);
}

}  // namespace ordersaga::payment

// The tables of payment, effects included.
#pragma once

#include "platform/pg/migration.h"

namespace ordersaga::payment {

pg::Migrations PaymentMigrations();

}  // namespace ordersaga::payment

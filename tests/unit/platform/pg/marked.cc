// Compiled by a test with a file's FIRST line: a migration whose first line says no kind does not compile.
#include "platform/pg/migration.h"

constexpr ordersaga::pg::Migration kMigration("0001_orders.sql", FIRST "\nCREATE TABLE orders (id text)");
static_assert(kMigration.what == "orders");

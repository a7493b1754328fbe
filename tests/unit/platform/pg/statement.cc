// Compiled, never linked: a name in a .sql file is a constant (cmake/embed.cmake), and one that is not there is none.
#include "pg_sql.embed.h"

const auto statement = ordersaga::sql::session::STATEMENT;

#include "platform/pg/result.h"

#include <libpq-fe.h>

namespace ordersaga::pg {

Field Row::operator[](int column) const {
  return {{PQgetvalue(rows_, number_, column), static_cast<std::size_t>(PQgetlength(rows_, number_, column))},
          PQgetisnull(rows_, number_, column) != 0};
}

Field Row::operator[](const char* column) const {
  const int number = PQfnumber(rows_, column);
  if (number < 0) throw std::invalid_argument(std::string("no column ") + column);
  return (*this)[number];
}

int Row::size() const {
  return PQnfields(rows_);
}

Result::Result(pg_result* owned) : rows_(owned, [](const pg_result* rows) { PQclear(const_cast<pg_result*>(rows)); }) {}

bool Result::done() const {
  const ExecStatusType status = PQresultStatus(rows_.get());
  return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

std::size_t Result::size() const {
  return static_cast<std::size_t>(PQntuples(rows_.get()));
}

std::size_t Result::affected_rows() const {
  const std::string_view text = PQcmdTuples(const_cast<pg_result*>(rows_.get()));
  return text.empty() ? 0 : Field(text, false).as<std::size_t>();
}

std::string_view Result::command() const {
  return PQcmdStatus(const_cast<pg_result*>(rows_.get()));
}

}  // namespace ordersaga::pg

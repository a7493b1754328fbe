// A connection to PostgreSQL by libpqxx, 6.4 (Debian 12) or 7.10 (Debian 13): for everything that is not a turn. Turns
// go by Connection (connection.h). What goes where, and why: docs/adr/0021-libpqxx-for-what-is-not-a-turn.md.
//
// It promises what Connection does: for one thread at a time; errors are SqlError, the server's word, and
// ConnectionLost; a server that is silent for `answer_timeout` counts as lost, and its socket is shut down; a cancel
// request is never sent. libpqxx by itself waits without end, and 6.4 goes on with another session when it has lost
// one.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/pg/connection.h"
#include "platform/pg/pool.h"
#include "platform/pg/session.h"

namespace pqxx {
class result;
}

namespace ordersaga::pg {

// A row of one of those below.
class PqxxRow {
 public:
  explicit PqxxRow(const Field* fields) : fields_(fields) {}

  const Field& operator[](int column) const { return fields_[column]; }  // there must be such a column

 private:
  const Field* fields_;
};

// What a statement returned. Not to be kept beyond the transaction.
class PqxxRows {
 public:
  explicit PqxxRows(const pqxx::result& rows);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t affected_rows() const;
  PqxxRow operator[](int number) const { return PqxxRow(fields_.data() + static_cast<std::size_t>(number) * columns_); }

  class Iterator {
   public:
    Iterator(const PqxxRows* rows, int number) : rows_(rows), number_(number) {}
    PqxxRow operator*() const { return (*rows_)[number_]; }
    Iterator& operator++() {
      ++number_;
      return *this;
    }
    bool operator==(const Iterator& other) const = default;

   private:
    const PqxxRows* rows_;
    int number_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, static_cast<int>(size_)}; }

 private:
  std::shared_ptr<const pqxx::result> rows_;  // owns the texts
  std::vector<Field> fields_;                 // libpqxx counts references for each that it hands out
  std::size_t columns_, size_;
};

class PqxxTx;

class PqxxConnection {
 public:
  using Transaction = PqxxTx;

  // Connects; blocks for connect_timeout a host at most. Throws ConnectionLost.
  explicit PqxxConnection(const ConnectionOptions& options);
  ~PqxxConnection();
  PqxxConnection(const PqxxConnection&) = delete;
  PqxxConnection& operator=(const PqxxConnection&) = delete;

  // Blocks. The server parses each text only once per connection.
  PqxxRows Exec(std::string_view sql, std::span<const Parameter> parameters);
  void Script(std::string_view sql);

  // All as in Connection, but that each is a round trip.
  void Begin();
  bool Commit();
  void Rollback();
  const bool& committing() const { return committing_; }
  const std::string& warning() const { return warning_; }
  int backend() const { return backend_; }
  bool Alive() const;

 private:
  struct Pqxx;
  template <typename Call>
  auto Guarded(const Call& call);

  const absl::Duration answer_timeout_;
  std::string warning_;
  bool committing_ = false;
  bool failed_ = false;         // a statement of this transaction
  std::unique_ptr<Pqxx> pqxx_;  // never null
  int backend_ = 0;
  std::map<std::string, std::string, std::less<>> names_;  // of the texts that have been prepared
};

// An open transaction at READ COMMITTED. Parameters only; SQL text comes from .sql files.
class PqxxTx {
 public:
  explicit PqxxTx(PqxxConnection& connection) : connection_(connection) {}

  // Blocks for a round trip.
  template <typename... Params>
  PqxxRows Exec(std::string_view sql, Params&&... params) {
    const std::array<Parameter, sizeof...(Params)> values{ToParameter(std::forward<Params>(params))...};
    return connection_.Exec(sql, values);
  }
  // Several statements without parameters: migrations.
  void Script(std::string_view sql) { connection_.Script(sql); }

 private:
  PqxxConnection& connection_;
};

using PqxxSession = BasicSession<PqxxConnection>;
using PqxxPool = BasicPool<PqxxSession>;

}  // namespace ordersaga::pg

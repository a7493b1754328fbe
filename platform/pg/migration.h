// One change of a database's schema: a file whose first line says which kind of change it is, and what it does.
//
//   -- expand: orders are found by their reference
//   -- expand, concurrently: an index for the search by reference
//   -- contract: the column that no program has read since the one before
//
// An expand only adds, so that programs that do not know it go on working. A contract takes away what they may need.
// What is built concurrently is one index: by one CREATE INDEX CONCURRENTLY, which holds up no writer. A file that says
// none of this does not compile. How the kinds follow one another: docs/adr/0026-schema-steps.md.
#pragma once

#include <stdexcept>
#include <string_view>
#include <vector>

namespace ordersaga::pg {

enum class MigrationKind { kExpand, kContract };

// Stored in schema_migrations, never rename.
constexpr std::string_view Name(MigrationKind kind) {
  return kind == MigrationKind::kExpand ? "expand" : "contract";
}

struct Migration {
  // `text` is the file's, with its first line. Throws std::invalid_argument; of a constant, it does not compile.
  constexpr Migration(std::string_view file, std::string_view text);

  std::string_view name;  // of the file, as it is remembered in schema_migrations
  MigrationKind kind;
  std::string_view index;  // which is built concurrently; empty: the file is run in a transaction
  std::string_view what;   // it does, in words
  std::string_view sql;    // below the first line
};

// All of a program's database, in the order in which they are run.
struct Migrations {
  std::vector<Migration> list;
  // How many of them the release before did not have: this one works without them, while they are being put in place.
  std::size_t new_steps = 1;
};

namespace migration_text {

constexpr std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

constexpr std::string_view WithoutComments(std::string_view sql) {
  sql = Trim(sql);
  while (sql.starts_with("--")) {
    const std::size_t end = sql.find('\n');
    sql = end == std::string_view::npos ? std::string_view() : Trim(sql.substr(end));
  }
  return sql;
}

// What follows `prefix`; `text` as it is otherwise.
constexpr std::string_view Behind(std::string_view prefix, std::string_view text) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

// The name in the one statement CREATE [UNIQUE] INDEX CONCURRENTLY name ON ...; empty: it is something else.
constexpr std::string_view IndexOf(std::string_view sql) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789_";
  const std::string_view statement = WithoutComments(sql);
  const std::string_view rest = Behind("INDEX CONCURRENTLY ", Behind("UNIQUE ", Behind("CREATE ", statement)));
  const std::size_t end = rest.find_first_not_of(kLetters);
  const std::size_t semicolon = statement.find(';');
  const bool one = semicolon == std::string_view::npos || semicolon + 1 == statement.size();
  return one && end != std::string_view::npos && rest.substr(end).starts_with(" ON ") ? rest.substr(0, end)
                                                                                      : std::string_view();
}

}  // namespace migration_text

constexpr Migration::Migration(std::string_view file, std::string_view text)
    : name(file), kind(text.starts_with("-- contract") ? MigrationKind::kContract : MigrationKind::kExpand) {
  using migration_text::Behind;
  constexpr std::string_view kConcurrently = ", concurrently";
  const std::size_t end = text.find('\n');
  const std::string_view first = text.substr(0, end);
  const std::string_view marked = Behind("-- contract", Behind("-- expand", first));
  const bool concurrently = marked.starts_with(kConcurrently) && kind == MigrationKind::kExpand;
  const std::string_view told = concurrently ? marked.substr(kConcurrently.size()) : marked;
  if (marked.size() == first.size() || !told.starts_with(": ") || end == std::string_view::npos) {
    throw std::invalid_argument("a migration begins with '-- expand: what it does' or '-- contract: what it does'");
  }
  what = told.substr(2);
  sql = text.substr(end + 1);
  if (concurrently) index = migration_text::IndexOf(sql);
  if (concurrently && index.empty()) {
    throw std::invalid_argument("'-- expand, concurrently' holds one CREATE INDEX CONCURRENTLY name ON ... alone");
  }
}

}  // namespace ordersaga::pg

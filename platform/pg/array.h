// Arrays as parameters of set-based SQL, unnest($1::text[], $2::bigint[]), in PostgreSQL's binary form: reading arrays
// as text took the server an eighth of its time. What the elements are in C++ decides what they are in SQL, and the
// server refuses an array of another type than the statement's:
//
//   std::int16_t  smallint     std::string, std::string_view  text      Uuid        uuid
//   std::int32_t  integer      bool                           boolean   absl::Time  timestamptz (to the microsecond)
//   std::int64_t  bigint       Json                           jsonb     std::optional<T>  T or NULL
//
// The form is that of array_recv and of the elements' own *recv functions, in PostgreSQL's src/backend/utils/adt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/time/time.h"
#include "platform/base/uuid.h"

namespace ordersaga::pg {

// One value as PostgreSQL's timestamptz, in binary form. What it cannot hold becomes its infinity.
std::string Timestamptz(absl::Time time);

struct Json {
  std::string text;
};

// One parameter.
struct Array {
  std::string bytes;
};

// The type's number in PostgreSQL's pg_type.dat.
std::uint32_t TypeOf(std::int16_t);
std::uint32_t TypeOf(std::int32_t);
std::uint32_t TypeOf(std::int64_t);
std::uint32_t TypeOf(bool);
std::uint32_t TypeOf(std::string_view);
std::uint32_t TypeOf(absl::Time);
std::uint32_t TypeOf(const Uuid&);
std::uint32_t TypeOf(const Json&);

class ArrayWriter {
 public:
  ArrayWriter(std::size_t elements, std::uint32_t type);

  void Add(std::int16_t value);
  void Add(std::int32_t value);
  void Add(std::int64_t value);
  void Add(bool value);
  void Add(std::string_view value);
  void Add(absl::Time value);
  void Add(const Uuid& value);
  void Add(const Json& value);
  template <typename T>
  void Add(const std::optional<T>& value) {
    value.has_value() ? Add(*value) : AddNull();
  }
  Array Finish() && { return {std::move(bytes_)}; }

 private:
  void AddNull();

  std::string bytes_;
};

// `of(item)` for each item.
template <typename Items, typename Of>
Array Column(const Items& items, Of of) {
  using Element = std::remove_cvref_t<decltype(of(*items.begin()))>;
  std::uint32_t type = 0;
  if constexpr (requires { typename Element::value_type; } && !std::is_convertible_v<Element, std::string_view>) {
    type = TypeOf(typename Element::value_type());  // std::optional
  } else {
    type = TypeOf(Element());
  }
  ArrayWriter writer(items.size(), type);
  for (const auto& item : items) writer.Add(of(item));
  return std::move(writer).Finish();
}

// The items themselves.
template <typename Items>
Array ArrayOf(const Items& items) {
  return Column(
      items, [](const auto& item) -> const auto& { return item; });
}

}  // namespace ordersaga::pg

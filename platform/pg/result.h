// What a statement returned. Copies share the rows; any thread may read them.
#pragma once

#include <charconv>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

struct pg_result;  // libpq's PGresult

namespace ordersaga::pg {

class Field {
 public:
  Field(std::string_view text, bool null) : text_(text), null_(null) {}

  bool is_null() const { return null_; }
  // Empty if NULL. Valid while a Result with these rows lives; ends with a zero byte.
  const char* c_str() const { return text_.data(); }
  std::string_view view() const { return text_; }

  // Throws std::invalid_argument if it is not such a value: the statement and its reader do not fit.
  template <typename T>
  T as() const {
    static_assert(std::is_integral_v<T>);
    if constexpr (std::is_same_v<T, bool>) {
      if (text_ == "t" || text_ == "f") return text_ == "t";
    } else {
      T value{};
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
      if (error == std::errc() && end == text_.data() + text_.size()) return value;
    }
    throw std::invalid_argument("a column is not of the type it is read as");
  }

 private:
  std::string_view text_;
  bool null_;
};

class Row {
 public:
  Row(const pg_result* rows, int number) : rows_(rows), number_(number) {}

  Field operator[](int column) const;
  Field operator[](const char* column) const;  // throws std::invalid_argument if there is none
  int size() const;

 private:
  const pg_result* rows_;
  int number_;
};

class Result {
 public:
  Result() = default;
  explicit Result(pg_result* owned);

  bool done() const;  // false: the statement failed, or was not run because one before it had failed
  std::size_t size() const;
  bool empty() const { return size() == 0; }
  std::size_t affected_rows() const;
  std::string_view command() const;  // what was done: "COMMIT", "INSERT 0 3"
  const pg_result* get() const { return rows_.get(); }
  Row operator[](int number) const { return {rows_.get(), number}; }

  class Iterator {
   public:
    Iterator(const pg_result* rows, int number) : rows_(rows), number_(number) {}
    Row operator*() const { return {rows_, number_}; }
    Iterator& operator++() {
      ++number_;
      return *this;
    }
    bool operator==(const Iterator& other) const = default;

   private:
    const pg_result* rows_;
    int number_;
  };
  Iterator begin() const { return {rows_.get(), 0}; }
  Iterator end() const { return {rows_.get(), static_cast<int>(size())}; }

 private:
  std::shared_ptr<const pg_result> rows_;
};

}  // namespace ordersaga::pg

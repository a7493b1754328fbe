// Values as people read them on a terminal. Pure.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <string_view>

#include "ordersaga/common/v1/common.pb.h"

namespace ordersaga::cli {

// Foreign text that cannot move the cursor, change colours or reorder the line: no control
// characters (C0, C1) and no bidirectional overrides. The same goes into JSON, so that it is safe
// to look at, too.
std::string Printable(std::string_view text, std::size_t longest = 2000);

// "2024-05-01 12:00:00.250Z" for people, RFC 3339 for programs; "-" when there is none.
std::string TimeForPeople(bool present, const google::protobuf::Timestamp& time);
std::string TimeForPrograms(const google::protobuf::Timestamp& time);

std::string MoneyForPeople(const common::v1::Money& money);  // "100.00 USD"

// `text`, or "-" where a table would show nothing.
std::string OrDash(std::string text);

// Characters, counted as one column each.
std::size_t Width(std::string_view text);

}  // namespace ordersaga::cli

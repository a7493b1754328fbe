// The table of who may call what: whole, without strays, and as docs/security.md prints it.
#include "policy/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "ordersaga/event/v1/event.pb.h"
#include "ordersaga/identity/v1/identity.pb.h"
#include "ordersaga/inventory/v1/inventory.pb.h"
#include "ordersaga/notification/v1/notification.pb.h"
#include "ordersaga/order/v1/order.pb.h"
#include "ordersaga/payment/v1/payment.pb.h"
#include "ordersaga/saga/v1/doctor.pb.h"
#include "ordersaga/saga/v1/operator_log.pb.h"
#include "ordersaga/saga/v1/saga_admin.pb.h"

namespace ordersaga::policy {
namespace {

std::set<std::string> MethodsOf(const google::protobuf::FileDescriptor* file) {
  std::set<std::string> methods;
  for (int s = 0; s < file->service_count(); ++s) {
    const google::protobuf::ServiceDescriptor* service = file->service(s);
    for (int m = 0; m < service->method_count(); ++m) {
      methods.insert(fmt::format("{}/{}", service->full_name(), service->method(m)->name()));
    }
  }
  return methods;
}

TEST(Rules, NameEveryMethodOfOursOnceAndNoOther) {
  std::set<std::string> methods;
  for (const auto* file :
       {order::v1::PlaceOrderRequest::descriptor()->file(), saga::v1::GetSagaRequest::descriptor()->file(),
        saga::v1::ListDeedsRequest::descriptor()->file(), saga::v1::ExamineRequest::descriptor()->file(),
        event::v1::ListEventsRequest::descriptor()->file(), identity::v1::WhoAmIRequest::descriptor()->file(),
        payment::v1::ChargeRequest::descriptor()->file(), inventory::v1::ReserveRequest::descriptor()->file(),
        notification::v1::NotifyRequest::descriptor()->file()}) {
    methods.merge(MethodsOf(file));
  }
  std::multiset<std::string> ruled;
  for (const access::Rule& rule : Rules()) ruled.emplace(rule.name);
  EXPECT_EQ(ruled, (std::multiset<std::string>(methods.begin(), methods.end())));
}

TEST(Rules, NoKeyMovesMoneyOrStockPastASaga) {
  for (const access::Rule& rule : Rules()) {
    const bool participant = rule.name.find(".payment.") != std::string_view::npos ||
                             rule.name.find(".inventory.") != std::string_view::npos ||
                             rule.name.find(".notification.") != std::string_view::npos;
    EXPECT_FALSE(rule.anybody) << rule.name;
    EXPECT_TRUE(!participant || rule.scopes.empty()) << rule.name;
  }
}

// As docs/security.md has it.
std::string Table(const std::vector<access::Rule>& rules) {
  std::string table;
  for (const access::Rule& rule : rules) {
    std::string_view name = rule.name;
    if (name.starts_with("ordersaga.")) name.remove_prefix(name.find(".v1.") + 4);
    const auto scopes = rule.scopes.Names();
    table += fmt::format("| `{}` | {} | {} |\n", name,
                         rule.programs.empty() ? "-" : fmt::format("{}", fmt::join(rule.programs, ", ")),
                         rule.anybody     ? "anybody"
                         : scopes.empty() ? "-"
                                          : fmt::format("{}", fmt::join(scopes, ", ")));
  }
  return table;
}

TEST(Rules, StandInTheDocumentation) {
  std::ifstream file(SECURITY_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_THAT(page.str(), ::testing::HasSubstr(Table(Rules()))) << "put this into docs/security.md:\n"
                                                                << Table(Rules());
  EXPECT_THAT(page.str(), ::testing::HasSubstr(Table(Routes()))) << "put this into docs/security.md:\n"
                                                                 << Table(Routes());
}

}  // namespace
}  // namespace ordersaga::policy

#include "gateway/api/routes.h"
#include "gateway_pages.embed.h"

namespace ordersaga::gateway {
namespace {

using http::Request;
using http::Respond;

std::string Page(std::string_view name) {
  for (const auto& [file, text] : kGatewayPages) {
    if (file == name) return std::string(text);
  }
  return "";
}

}  // namespace

void AddPageRoutes(http::Router& router) {
  router.Add("GET", "/health", [](const Request&, const Respond& respond) {
    respond({200, "application/json", R"({"status":"healthy"})", {}});
  });
  router.Add("GET", "/openapi.json", [](const Request&, const Respond& respond) {
    respond({200, "application/json", Page("openapi.json"), {}});
  });
  router.Add("GET", "/docs", [](const Request&, const Respond& respond) {
    respond({200, "text/html; charset=utf-8", Page("docs.html"), {}});
  });
}

}  // namespace ordersaga::gateway

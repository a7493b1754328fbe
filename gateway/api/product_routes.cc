#include <boost/json.hpp>
#include <utility>

#include "gateway/api/expand_json.h"
#include "gateway/api/problem.h"
#include "gateway/api/routes.h"
#include "platform/base/text.h"

namespace ordersaga::gateway {
namespace {

namespace json = boost::json;
using InventoryStub = rpc::AsyncOf<inventory::v1::InventoryService::Stub>;
using http::Request;
using http::Respond;

constexpr char kJsonType[] = "application/json";

}  // namespace

void AddProductRoutes(http::Router& router, RouteTools& tools) {
  router.Add("GET", "/api/v1/products", [&tools](const Request& request, Respond respond) {
    tools.inventory.Call(
        &InventoryStub::ListProducts, {}, TraceOf(request, tools.rng).metadata,
        [&request, respond = std::move(respond)](const absl::StatusOr<inventory::v1::ListProductsResponse>& products) {
          if (!products.ok()) return respond(Problem(products.status(), request));
          respond({200, kJsonType, json::serialize(ProductsJson(*products)), {}});
        });
  });
  router.Add("GET", "/api/v1/products/{product_id}", [&tools](const Request& request, Respond respond) {
    inventory::v1::GetProductRequest get;
    if (const std::string& id = request.params.at("product_id"); IsValidUtf8(id)) get.set_item_id(id);
    tools.inventory.Call(
        &InventoryStub::GetProduct, get, TraceOf(request, tools.rng).metadata,
        [&request, respond = std::move(respond)](const absl::StatusOr<inventory::v1::GetProductResponse>& product) {
          if (!product.ok()) return respond(Problem(product.status(), request));
          respond({200, kJsonType, json::serialize(ProductJson(product->product())), {}});
        });
  });
}

}  // namespace ordersaga::gateway

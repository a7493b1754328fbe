#include "orchestrator/adapters/rpc/catalogue_client.h"

#include <fmt/format.h>

#include <utility>

#include "orchestrator/adapters/rpc/reply.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/rpc/call_group.h"
#include "platform/rpc/status.h"

namespace ordersaga::orchestrator {
namespace {

using inventory::v1::InventoryService;
using inventory::v1::ListProductsRequest;
using inventory::v1::ListProductsResponse;

absl::StatusOr<Prices> PricesOf(const ListProductsResponse& response) {
  Prices prices;
  for (const auto& product : response.products()) {
    const Money price = FromProto(product.unit_price());
    if (product.id().empty() || price.minor < 0 || price.currency.size() != 3) {
      return MakeError(absl::StatusCode::kDataLoss, "BAD_CATALOGUE",
                       fmt::format("product \"{}\" has no valid price", CleanText(product.id())));
    }
    prices.insert_or_assign(product.id(), price);
  }
  return prices;
}

}  // namespace

void CatalogueClient::ListPrices(absl::Duration timeout, Done<Prices> done) {
  calls_.Start<ListProductsRequest, ListProductsResponse>(
      replicas_.Stub<InventoryService>(), &InventoryService::Stub::async::ListProducts, ListProductsRequest(), timeout,
      [done = std::move(done)](const grpc::Status& status, const ListProductsResponse& response) {
        if (status.ok()) {
          done(PricesOf(response));
        } else {
          done(rpc::FromGrpc(status));
        }
      });
}

}  // namespace ordersaga::orchestrator

#include "policy/rules.h"

namespace ordersaga::policy {

using access::Scope;
using access::Scopes;

std::vector<access::Rule> Routes() {
  constexpr Scopes kRead = {Scope::kOrdersRead, Scope::kOrdersReadAll};
  constexpr bool kAnybody = true;
  return {
      {"POST /api/v1/orders", {}, {Scope::kOrdersWrite}},
      {"GET /api/v1/orders", {}, kRead},
      {"GET /api/v1/orders/{order_id}", {}, kRead},
      {"GET /api/v1/orders/{order_id}/events", {}, kRead},
      {"POST /api/v1/orders/{order_id}/cancel", {}, {Scope::kOrdersWrite}},
      {"GET /api/v1/products", {}, kRead.With({Scope::kOrdersWrite})},
      {"GET /api/v1/products/{product_id}", {}, kRead.With({Scope::kOrdersWrite})},
      {"GET /health", {}, {}, kAnybody},
      {"GET /openapi.json", {}, {}, kAnybody},
      {"GET /docs", {}, {}, kAnybody},
      {"GET /livez", {}, {}, kAnybody},
      {"GET /readyz", {}, {}, kAnybody},
  };
}

std::vector<access::Rule> Rules() {
  constexpr Scopes kRead = {Scope::kOrdersRead, Scope::kOrdersReadAll};
  constexpr Scopes kLook = {Scope::kConsoleView, Scope::kSupport, Scope::kFinance, Scope::kOperate};
  constexpr Scopes kEveryScope = kRead.With(kLook).With({Scope::kOrdersWrite, Scope::kAdmin});
  const std::vector<std::string_view> kPrograms = {"gateway",   "orchestrator", "payment",
                                                   "inventory", "notification", "sagactl"};
  // An orchestrator sends on what belongs to another one's shards.
  const std::vector<std::string_view> clients = {"gateway", "orchestrator"};
  return {
      {"ordersaga.order.v1.OrderService/PlaceOrder", clients, {Scope::kOrdersWrite}},
      {"ordersaga.order.v1.OrderService/GetOrder", clients, kRead},
      {"ordersaga.order.v1.OrderService/ListOrders", clients, kRead},
      {"ordersaga.order.v1.OrderService/WatchOrder", clients, kRead},
      {"ordersaga.order.v1.OrderService/CancelOrder", clients, {Scope::kOrdersWrite}},

      {"ordersaga.saga.v1.SagaAdminService/ListSagas", {}, kLook},
      {"ordersaga.saga.v1.SagaAdminService/CountSagas", {}, kLook},
      {"ordersaga.saga.v1.SagaAdminService/GetSaga", {"gateway"}, kLook},
      {"ordersaga.saga.v1.SagaAdminService/RetrySaga", {"orchestrator"}, {Scope::kOperate}},
      {"ordersaga.saga.v1.SagaAdminService/OperateSaga", {"orchestrator"}, {Scope::kOperate}},
      {"ordersaga.saga.v1.SagaAdminService/HoldParticipant", {"orchestrator"}, {Scope::kOperate}},
      {"ordersaga.saga.v1.SagaAdminService/ReleaseParticipant", {"orchestrator"}, {Scope::kOperate}},
      {"ordersaga.saga.v1.SagaAdminService/ListParticipants", {}, kLook},
      {"ordersaga.saga.v1.DoctorService/Examine", {"sagactl"}, kLook},
      {"ordersaga.saga.v1.OperatorLogService/ListDeeds", {}, kLook},
      {"ordersaga.saga.v1.OperatorLogService/ReadChain", {"sagactl"}, kLook},
      {"ordersaga.saga.v1.SagaAdminService/ListForAudit", {"sagactl"}, {Scope::kFinance, Scope::kOperate}},

      // Whoever shows something is told as what it is taken; its first key comes from sagactl's certificate.
      {"ordersaga.identity.v1.IdentityService/WhoAmI", kPrograms, kEveryScope},
      {"ordersaga.identity.v1.IdentityService/CreateKey", {"sagactl"}, {Scope::kAdmin}},
      {"ordersaga.identity.v1.IdentityService/ListKeys", {"sagactl"}, {Scope::kAdmin}},
      {"ordersaga.identity.v1.IdentityService/RotateKey", {"sagactl"}, {Scope::kAdmin}},
      {"ordersaga.identity.v1.IdentityService/RevokeKey", {"sagactl"}, {Scope::kAdmin}},

      {"ordersaga.event.v1.EventService/ListEvents", {"gateway", "sagactl"}, kLook},
      {"ordersaga.event.v1.EventService/ListHeldEvents", {}, kLook},
      {"ordersaga.event.v1.EventService/ReleaseEvents", {"orchestrator"}, {Scope::kOperate}},

      {"ordersaga.payment.v1.PaymentService/Charge", {"orchestrator"}},
      {"ordersaga.payment.v1.PaymentService/ChargeBatch", {"orchestrator"}},
      {"ordersaga.payment.v1.PaymentService/GetCharge", {"orchestrator", "sagactl"}},
      {"ordersaga.payment.v1.PaymentService/ListCharges", {"gateway", "sagactl"}},
      {"ordersaga.payment.v1.PaymentService/GetEffect", {"orchestrator", "sagactl"}},
      {"ordersaga.payment.v1.PaymentService/ListEffects", {"sagactl"}},
      {"ordersaga.payment.v1.PaymentService/ListStrays", {"sagactl"}},
      {"ordersaga.payment.v1.RefundService/Refund", {"orchestrator"}},
      {"ordersaga.payment.v1.RefundService/RefundAmount", {"sagactl"}},
      {"ordersaga.payment.v1.RefundService/ListRefunds", {"gateway", "sagactl"}},

      {"ordersaga.inventory.v1.InventoryService/Reserve", {"orchestrator"}},
      {"ordersaga.inventory.v1.InventoryService/ReserveBatch", {"orchestrator"}},
      {"ordersaga.inventory.v1.InventoryService/Release", {"orchestrator"}},
      {"ordersaga.inventory.v1.InventoryService/GetReservation", {"orchestrator", "sagactl"}},
      {"ordersaga.inventory.v1.InventoryService/ListReservations", {"gateway", "sagactl"}},
      {"ordersaga.inventory.v1.InventoryService/GetProduct", {"gateway", "orchestrator", "sagactl"}},
      {"ordersaga.inventory.v1.InventoryService/ListProducts", {"gateway", "orchestrator", "sagactl"}},
      {"ordersaga.inventory.v1.InventoryService/Restock", {"sagactl"}},
      {"ordersaga.inventory.v1.InventoryService/ListRestocks", {"sagactl"}},
      {"ordersaga.inventory.v1.InventoryService/CountStock", {"sagactl"}},
      {"ordersaga.inventory.v1.InventoryService/GetEffect", {"orchestrator", "sagactl"}},
      {"ordersaga.inventory.v1.InventoryService/ListEffects", {"sagactl"}},

      {"ordersaga.notification.v1.NotificationService/Notify", {"orchestrator"}},
      {"ordersaga.notification.v1.NotificationService/NotifyBatch", {"orchestrator"}},
      {"ordersaga.notification.v1.NotificationService/GetNotification", {"orchestrator", "sagactl"}},
      {"ordersaga.notification.v1.NotificationService/GetEffect", {"orchestrator", "sagactl"}},
      {"ordersaga.notification.v1.NotificationService/ListEffects", {"sagactl"}},
  };
}

}  // namespace ordersaga::policy

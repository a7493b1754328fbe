// A service as a server takes it: each of its methods goes through the guard. It is the only way to serve one, so no
// method can be reached past the policy.
//
// The interceptors of gRPC 1.51's callback API cannot refuse a call, and its AuthMetadataProcessor is not asked on
// connections without TLS. So the handlers that protoc's class has registered are replaced by ones that ask first.
#pragma once

#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "platform/rpc/guard.h"
#include "platform/rpc/handler.h"
#include "platform/rpc/status.h"

namespace ordersaga::rpc {

class ServedService {
 public:
  virtual ~ServedService() = default;
  virtual grpc::Service& service() = 0;
  const std::string& name() const { return name_; }  // "ordersaga.payment.v1.PaymentService"
  // Methods that no rule of the policy names, "<service>/<method>". With one of these a server does not start.
  const std::vector<std::string>& unruled() const { return unruled_; }

 protected:
  ServedService(const Guard& guard, const char* name);

  struct Method {
    int index;
    const access::Rule* rule;
  };
  // `name` must be one of the service's methods.
  Method Find(std::string_view name) const;

  const Guard& guard_;

 private:
  const std::string name_;
  std::map<std::string_view, Method> methods_;
  std::vector<std::string> unruled_;
};

// A stream that is refused. To be made with new; deletes itself.
template <typename Response>
class RefusedStream final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit RefusedStream(const absl::Status& why) { this->Finish(ToGrpc(why)); }
  void OnDone() override { delete this; }
};

// `Proto`: the class that protoc made, PaymentService. What is not added answers UNIMPLEMENTED. The handlers' object
// and the guard must outlive it.
template <typename Proto>
class Served final : public Proto::CallbackService, public ServedService {
 public:
  using Context = grpc::CallbackServerContext;

  // `handlers.AddTo(*this)` adds them.
  template <typename Handlers>
  Served(const Guard& guard, Handlers& handlers) : ServedService(guard, Proto::service_full_name()) {
    handlers.AddTo(*this);
  }

  grpc::Service& service() override { return *this; }

  // A method that is answered once. A handler that wants to know who calls takes a `const access::Principal&` last.
  template <typename Handlers, typename Request, typename Response, typename... Caller>
  void Add(std::string_view name, Handlers* handlers,
           grpc::ServerUnaryReactor* (Handlers::*handle)(Context*, const Request*, Response*, Caller...)) {
    const Method method = Find(name);
    const auto admitted = [=, this](Context* context, const Request* request, Response* response) {
      const absl::StatusOr<access::Principal> caller = guard_.Admit(*context, *method.rule);
      if (!caller.ok()) return Answer(context, caller.status());
      return (handlers->*handle)(context, request, response, static_cast<Caller>(*caller)...);
    };
    this->MarkMethodCallback(method.index, new grpc::internal::CallbackUnaryHandler<Request, Response>(admitted));
  }

  // A method that is answered by a stream, the same way.
  template <typename Handlers, typename Request, typename Response, typename... Caller>
  void Add(std::string_view name, Handlers* handlers,
           grpc::ServerWriteReactor<Response>* (Handlers::*handle)(Context*, const Request*, Caller...)) {
    const Method method = Find(name);
    const auto admitted = [=, this](Context* context, const Request* request) -> grpc::ServerWriteReactor<Response>* {
      const absl::StatusOr<access::Principal> caller = guard_.Admit(*context, *method.rule);
      if (!caller.ok()) return new RefusedStream<Response>(caller.status());
      return (handlers->*handle)(context, request, static_cast<Caller>(*caller)...);
    };
    this->MarkMethodCallback(method.index,
                             new grpc::internal::CallbackServerStreamingHandler<Request, Response>(admitted));
  }
};

}  // namespace ordersaga::rpc

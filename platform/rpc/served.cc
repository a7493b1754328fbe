#include "platform/rpc/served.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

namespace ordersaga::rpc {
namespace {

// Of a method that no rule names: nobody may call it, not even `local`, since no server with one starts.
const access::Rule kNobody{};

}  // namespace

ServedService::ServedService(const Guard& guard, const char* name) : guard_(guard), name_(name) {
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name_);
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const std::string full = fmt::format("{}/{}", name_, descriptor->method(i)->name());
    const access::Rule* rule = guard.policy().Find(full);
    if (rule == nullptr) unruled_.push_back(full);
    methods_.emplace(descriptor->method(i)->name(), Method{i, rule == nullptr ? &kNobody : rule});
  }
}

ServedService::Method ServedService::Find(std::string_view name) const {
  return methods_.at(name);
}

}  // namespace ordersaga::rpc

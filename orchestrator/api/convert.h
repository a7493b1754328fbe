// Core values -> messages of the order and saga APIs. Pure.
#pragma once

#include "orchestrator/core/why.h"
#include "orchestrator/ports/saga_reader.h"
#include "ordersaga/order/v1/order.pb.h"
#include "ordersaga/saga/v1/saga_admin.pb.h"

namespace ordersaga::orchestrator {

order::v1::OrderStatus ToProto(Status status);
void ToProto(const Saga& saga, order::v1::Order* order);
// Without the detail, which is for operators.
void ToProto(const JournalEntry& entry, order::v1::JournalEntry* out);
void ToProto(const Saga& saga, saga::v1::SagaSummary* summary);
void ToProto(const Why& why, saga::v1::Why* out);
void ToProto(const SagaWithJournal& stored, saga::v1::GetSagaResponse* response);

}  // namespace ordersaga::orchestrator

// DoctorService over gRPC: gathers what an examination looks at, and tells what it finds.
#pragma once

#include <functional>

#include "orchestrator/api/examination.h"
#include "ordersaga/saga/v1/doctor.grpc.pb.h"
#include "platform/rpc/served.h"

namespace ordersaga::orchestrator {

class DoctorServiceImpl final {
 public:
  // `look`: all but what the database says; quick, any thread.
  DoctorServiceImpl(DatabaseExaminer& database, std::function<Examined()> look)
      : database_(database), look_(std::move(look)) {}

  void AddTo(rpc::Served<saga::v1::DoctorService>& served);

  grpc::ServerUnaryReactor* Examine(grpc::CallbackServerContext* context, const saga::v1::ExamineRequest* request,
                                    saga::v1::ExamineResponse* response);

 private:
  DatabaseExaminer& database_;
  const std::function<Examined()> look_;
};

}  // namespace ordersaga::orchestrator

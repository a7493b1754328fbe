// Facts from a service's stream of pages.
#pragma once

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "platform/rpc/status.h"
#include "sagactl/fact_stream.h"

namespace ordersaga::cli {

inline absl::Status Named(const char* who, const grpc::Status& status) {
  const absl::Status plain = rpc::FromGrpc(status);
  if (plain.ok()) return plain;
  return {plain.code(), fmt::format("{}: {}", who, std::string(plain.message()))};
}

inline absl::Status Incomplete(const char* who) {
  return absl::FailedPreconditionError(
      fmt::format("{}: the answer ended without saying that it is complete; is this address the service's?", who));
}

// Reads pages on a thread of its own, a few ahead, so that the services work while the audit judges.
// A page says whether it is the last.
template <typename Page, typename Fact>
class PagedStream final : public FactStream<Fact> {
 public:
  using Open = std::function<std::unique_ptr<grpc::ClientReader<Page>>(grpc::ClientContext*)>;
  using Take = std::function<void(const Page& page, std::vector<Fact>& facts)>;

  PagedStream(const char* who, const Open& open, Take take)
      : who_(who), reader_(open(&context_)), take_(std::move(take)), thread_([this] { ReadAll(); }) {}

  ~PagedStream() override {
    context_.TryCancel();
    {
      absl::MutexLock lock(&mu_);
      abandoned_ = true;
    }
    thread_.join();
  }

  Fact* Next() override {
    while (next_ == facts_.size()) {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &PagedStream::HasNews));
      if (pages_.empty()) return nullptr;
      facts_ = std::move(pages_.front());
      pages_.pop_front();
      next_ = 0;
    }
    return &facts_[next_++];
  }

  absl::Status status() const override {
    absl::MutexLock lock(&mu_);
    return status_;
  }

 private:
  void ReadAll() {
    Page page;
    bool complete = false;
    while (reader_->Read(&page)) {
      std::vector<Fact> facts;
      take_(page, facts);
      complete = page.last();
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &PagedStream::HasRoom));
      pages_.push_back(std::move(facts));
    }
    const absl::Status status = Named(who_, reader_->Finish());
    absl::MutexLock lock(&mu_);
    status_ = status.ok() && !complete ? Incomplete(who_) : status;
    ended_ = true;
  }

  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return ended_ || !pages_.empty(); }
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return abandoned_ || pages_.size() < kPagesAhead; }

  static constexpr std::size_t kPagesAhead = 3;

  const char* const who_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReader<Page>> reader_;
  const Take take_;
  std::vector<Fact> facts_;
  std::size_t next_ = 0;
  mutable absl::Mutex mu_;
  std::deque<std::vector<Fact>> pages_ ABSL_GUARDED_BY(mu_);
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;  // last: it uses the rest
};

}  // namespace ordersaga::cli

// Answers a streaming read page by page: while the client takes a page, the next is being made. Never more than these
// two are held, and nothing else waits for a slow client.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <utility>

namespace ordersaga::rpc {

// To be made with new; deletes itself. One page is made at a time, on whatever threads Filled() comes from.
template <typename Response>
class PageStream : public grpc::ServerWriteReactor<Response> {
 public:
  // Once, after the constructor.
  void Start() { this->Fill(next_); }

  void OnWriteDone(bool ok) final {
    taken_ = ok;
    GoOn();
  }
  void OnDone() final { delete this; }

 protected:
  // Puts what comes after the page before it into `page`, which is empty, and calls Filled, at once or later. Must not
  // block.
  virtual void Fill(Response& page) = 0;
  // False: there is no more, the page is not sent. The last thing Fill does with this stream.
  void Filled(const grpc::Status& status, bool more) {
    status_ = status;
    more_ = more;
    GoOn();
  }

 private:
  // Whoever of the two is later, the client or the page, goes on; the other has nothing to do meanwhile.
  void GoOn() {
    if (busy_.fetch_sub(1) > 1) return;
    if (!taken_) return this->Finish(grpc::Status::CANCELLED);
    if (!status_.ok() || !more_) return this->Finish(status_);
    std::swap(sent_, next_);
    next_.Clear();
    busy_ = 2;
    this->StartWrite(&sent_);
    this->Fill(next_);
  }

  Response sent_;
  Response next_;
  std::atomic<int> busy_ = 1;  // of: the client takes sent_, next_ is being filled
  bool taken_ = true;
  grpc::Status status_;
  bool more_ = false;
};

}  // namespace ordersaga::rpc

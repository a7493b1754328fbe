// Answers a streaming gRPC read page by page: each page is a short transaction on a pool's thread, and the next is read
// when the client has taken the one before. No thread is held between pages, and no long snapshot.
#pragma once

#include <functional>
#include <utility>

#include <grpcpp/support/server_callback.h>

#include "platform/participant/effect_store.h"
#include "platform/participant/reads.h"

namespace ordersaga::participant {

inline constexpr int kPageRows = 500;
inline constexpr std::size_t kPageBytes = 1 << 20;  // clients take messages of up to 4 MiB

// Ends itself. Errors are those of Read (reads.h).
template <typename Response>
class PageStream final : public grpc::ServerWriteReactor<Response> {
 public:
  // Fills `page` with what comes after the page before it. False: that was the end, nothing is sent.
  using NextPage = std::function<bool(pg::Tx&, Response& page)>;

  static PageStream* Start(pg::SessionPool& pool, NextPage next) {
    auto* stream = new PageStream(pool, std::move(next));  // deleted by OnDone
    stream->ReadOn();
    return stream;
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      ReadOn();
    } else {
      this->Finish(grpc::Status::CANCELLED);
    }
  }
  void OnDone() override { delete this; }

 private:
  PageStream(pg::SessionPool& pool, NextPage next) : pool_(pool), next_(std::move(next)) {}

  void ReadOn() {
    const bool queued = pool_.Submit([this](pg::Session& session) {
      bool more = false;
      const absl::Status status = session.Run([&](pg::Tx& tx) {
        page_.Clear();
        more = next_(tx, page_);
        return absl::OkStatus();
      });
      if (!status.ok()) return this->Finish(rpc::ToGrpc(ReadFailure(status)));
      if (!more) return this->Finish(grpc::Status::OK);
      this->StartWrite(&page_);
    });
    if (!queued) this->Finish(rpc::ToGrpc(TooManyReads()));
  }

  pg::SessionPool& pool_;
  const NextPage next_;
  Response page_;
};

// The effects that `request` names, a page at a time. `rows(tx, range, limit)` reads them, in order, as EffectRecords
// or something derived from them; `add(row, page)` puts one into the service's own message and says how many bytes it
// took.
template <typename Response, typename Rows, typename Add>
PageStream<Response>* StreamEffects(pg::SessionPool& pool, const common::v1::ListEffectsRequest& request, Rows rows,
                                    Add add) {
  EffectRange range{request.first_order_id(), request.last_order_id(), request.after_order_id(), request.after_key()};
  return PageStream<Response>::Start(pool, [range = std::move(range), rows = std::move(rows), add = std::move(add)](
                                               pg::Tx& tx, Response& page) mutable {
    std::size_t bytes = 0;
    for (const auto& row : rows(tx, range, kPageRows)) {
      bytes += add(row, page);
      range.after_order_id = row.order_id;
      range.after_key = row.action_key;
      if (bytes > kPageBytes) break;  // the rest comes with the next page
    }
    return bytes > 0;
  });
}

}  // namespace ordersaga::participant

// The effects of a range of orders, page by page: each page is a short transaction on a pool's thread. No thread is
// held between pages, and no long snapshot. The last page says that it is the last, even if it is empty: a reader can
// tell a whole answer from one that broke off, and from a server that knows nothing of effects.
#pragma once

#include <utility>

#include "platform/participant/grpc/reads.h"
#include "platform/participant/store/effect_store.h"
#include "platform/rpc/page_stream.h"

namespace ordersaga::participant {

inline constexpr int kPageRows = 500;
inline constexpr std::size_t kPageBytes = 1 << 20;  // clients take messages of up to 4 MiB

// Errors are those of Read (reads.h).
template <typename Response, typename Rows, typename Add>
class EffectStream final : public rpc::PageStream<Response> {
 public:
  EffectStream(pg::PqxxPool& pool, EffectRange range, Rows rows, Add add)
      : pool_(pool), range_(std::move(range)), rows_(std::move(rows)), add_(std::move(add)) {}

 private:
  void Fill(Response& page) override {
    if (ended_) return this->Filled(grpc::Status::OK, false);
    const bool queued = pool_.Submit([this, &page](pg::PqxxSession& session) {
      const absl::Status status = session.Run([&](pg::PqxxTx& tx) {
        page.Clear();
        Read(tx, page);
        return absl::OkStatus();
      });
      ended_ = page.last();
      this->Filled(status.ok() ? grpc::Status::OK : rpc::ToGrpc(pg::ForReader(status)), true);
    });
    if (!queued) this->Filled(rpc::ToGrpc(pg::TooManyReads()), false);
  }

  void Read(pg::PqxxTx& tx, Response& page) {
    std::size_t bytes = 0;
    int count = 0;
    for (const auto& row : rows_(tx, range_, kPageRows)) {
      bytes += add_(row, page);
      range_.after_order_id = row.order_id;
      range_.after_key = row.action_key;
      if (++count == kPageRows || bytes > kPageBytes) return;  // the rest comes with the next page
    }
    page.set_last(true);
  }

  pg::PqxxPool& pool_;
  EffectRange range_;
  bool ended_ = false;
  const Rows rows_;
  const Add add_;
};

// The effects that `request` names. `rows(tx, range, limit)` reads them, in order, as EffectRecords or something
// derived from them; `add(row, page)` puts one into the service's own message and says how many bytes it took.
template <typename Response, typename Rows, typename Add>
grpc::ServerWriteReactor<Response>* StreamEffects(pg::PqxxPool& pool, const common::v1::ListEffectsRequest& request,
                                                  Rows rows, Add add) {
  EffectRange range{request.first_order_id(), request.last_order_id(), request.after_order_id(), request.after_key()};
  auto* stream =
      new EffectStream<Response, Rows, Add>(pool, std::move(range), std::move(rows), std::move(add));  // deletes itself
  stream->Start();
  return stream;
}

}  // namespace ordersaga::participant

// The process's metrics, for Prometheus. One per process, made in main and handed down. Thread-safe; keep the reference
// that Counter/Gauge/Histogram return instead of asking again (a look-up locks).
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ordersaga {

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  Metrics();  // with ordersaga_build_info

  prometheus::Counter& Counter(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Gauge& Gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Histogram& Histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                                   const Labels& labels = {});

  // A value read when the page is asked for. Before the first Text(); `read` is called from any thread.
  void Read(const std::string& name, const std::string& help, std::function<double()> read);

  // The page in Prometheus' text format.
  std::string Text() const;

 private:
  struct Reading {
    prometheus::Gauge* gauge;
    std::function<double()> read;
  };
  prometheus::Registry registry_;
  std::vector<Reading> readings_;
};

// Seconds, for durations of requests, turns and steps.
std::vector<double> DurationBuckets();

}  // namespace ordersaga

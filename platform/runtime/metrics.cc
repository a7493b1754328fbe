#include "platform/runtime/metrics.h"

#include <prometheus/text_serializer.h>

#include "platform/runtime/version.h"

namespace ordersaga {

Metrics::Metrics() {
  Gauge("ordersaga_build_info", "1; the labels say what runs", {{"version", kVersion}, {"commit", kCommit}}).Set(1);
}

prometheus::Counter& Metrics::Counter(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Gauge& Metrics::Gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Histogram& Metrics::Histogram(const std::string& name, const std::string& help,
                                          const std::vector<double>& buckets, const Labels& labels) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(labels, buckets);
}

void Metrics::Read(const std::string& name, const std::string& help, std::function<double()> read) {
  readings_.push_back({&Gauge(name, help), std::move(read)});
}

std::string Metrics::Text() const {
  for (const Reading& reading : readings_) reading.gauge->Set(reading.read());
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

std::vector<double> DurationBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

}  // namespace ordersaga

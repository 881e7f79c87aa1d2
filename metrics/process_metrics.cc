#include "metrics/process_metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

namespace chunkrd::metrics {
namespace {

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Field 22 of /proc/self/stat counts from boot; /proc/stat with the boot time is hidden by systemd's
// ProcSubset=pid, so the boot time is worked out from the two clocks.
double start_time() {
  std::ifstream in("/proc/self/stat");
  std::string line;
  if (!std::getline(in, line)) return 0;
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  if (!(fields >> ticks)) return 0;
  return seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) +
         ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::optional<double> resident_bytes() {
  std::ifstream in("/proc/self/statm");
  double total_pages = 0, resident_pages = 0;
  if (!(in >> total_pages >> resident_pages)) return std::nullopt;
  return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::optional<double> open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return std::nullopt;
  // The descriptor that reads the directory is not the daemon's.
  return static_cast<double>(std::distance(begin(entries), end(entries)) - 1);
}

std::optional<double> most_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  if (limit.rlim_cur == RLIM_INFINITY) return std::numeric_limits<double>::infinity();
  return static_cast<double>(limit.rlim_cur);
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

prometheus::MetricFamily family(const char* name, const char* help, prometheus::MetricType type,
                                double value) {
  prometheus::ClientMetric metric;
  (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {name, help, type, {metric}};
}

}  // namespace

ProcessMetrics::ProcessMetrics() : start_time_seconds_(start_time()) {}

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  using enum prometheus::MetricType;
  std::vector<prometheus::MetricFamily> families;
  families.push_back(
      family("process_cpu_seconds_total", "User and system time used.", Counter, cpu_seconds()));
  if (start_time_seconds_ > 0) {
    families.push_back(family("process_start_time_seconds", "When the process started, since 1970.", Gauge,
                              start_time_seconds_));
  }
  if (const auto bytes = resident_bytes()) {
    families.push_back(
        family("process_resident_memory_bytes", "Memory in use that is in RAM.", Gauge, *bytes));
  }
  if (const auto count = open_descriptors()) {
    families.push_back(family("process_open_fds", "Open file descriptors.", Gauge, *count));
  }
  if (const auto count = most_descriptors()) {
    families.push_back(family("process_max_fds", "Most file descriptors allowed.", Gauge, *count));
  }
  return families;
}

}  // namespace chunkrd::metrics

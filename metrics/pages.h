#pragma once

#include <prometheus/collectable.h>

#include <string>
#include <string_view>
#include <vector>

#include "metrics/health.h"

namespace chunkrd::metrics {

/// What the endpoint answers.
struct Page {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

/// Where the pages get what they show. All of it outlives the endpoint and may be asked by any thread.
struct Sources {
  std::vector<const prometheus::Collectable*> metrics;
  const Health* health = nullptr;
};

/// The page at `path`: /metrics, /healthz, /readyz, / (a short status for people), else 404.
Page page_at(std::string_view path, const Sources& sources);

}  // namespace chunkrd::metrics

#pragma once

#include <prometheus/collectable.h>

#include <string>
#include <string_view>
#include <vector>

#include "metrics/health.h"
#include "metrics/overview.h"

namespace chunkrd::metrics {

/// What the endpoint answers.
struct Page {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string policy = {};  ///< Content-Security-Policy, if it has one
};

/// Where the pages get what they show. All of it outlives the endpoint and may be asked by any thread.
struct Sources {
  std::vector<const prometheus::Collectable*> metrics;
  const Health* health = nullptr;
  const Board* board = nullptr;  ///< null: the page for people says that it starts
};

/// The page at `path`: /metrics, /healthz, /readyz, / (how it is doing, for people), else 404.
Page page_at(std::string_view path, const Sources& sources);

}  // namespace chunkrd::metrics

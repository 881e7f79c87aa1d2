#pragma once

#include <curl/curl.h>

#include "http/response.h"

namespace chunkrd::http {

/// What libcurl's error number says about where it failed. A pure table.
TransportError::Cause cause_of(CURLcode code) noexcept;

}  // namespace chunkrd::http

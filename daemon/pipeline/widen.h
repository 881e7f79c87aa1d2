#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include "taskapi/answer.h"

namespace chunkrd::pipeline {

/// An answer that is a failure, as one of the alternatives of `Wide`, which holds every failure.
template <class Wide, class Good>
Wide widen(taskapi::Answer<Good>&& answer) {
  return std::visit(
      [](auto&& one) -> Wide {
        if constexpr (std::is_constructible_v<Wide, decltype(one)>)
          return Wide(std::forward<decltype(one)>(one));
        throw std::logic_error("an answer that is no failure");
      },
      std::move(answer));
}

}  // namespace chunkrd::pipeline

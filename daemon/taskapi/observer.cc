#include "taskapi/observer.h"

namespace chunkrd::taskapi {

std::string_view to_string(Operation operation) noexcept {
  switch (operation) {
    case Operation::create:
      return "create";
    case Operation::get:
      return "get";
    case Operation::get_result:
      return "get_result";
    case Operation::update:
      return "update";
    case Operation::cancel:
      return "cancel";
    case Operation::remove:
      return "remove";
    case Operation::list:
      return "list";
    case Operation::health:
      return "health";
    case Operation::download:
      return "download";
  }
  return "";
}

std::string_view to_string(AnswerClass answer) noexcept {
  switch (answer) {
    case AnswerClass::ok_2xx:
      return "2xx";
    case AnswerClass::refused_4xx:
      return "4xx";
    case AnswerClass::rate_limited_429:
      return "429";
    case AnswerClass::failed_5xx:
      return "5xx";
    case AnswerClass::network:
      return "network";
    case AnswerClass::unreadable:
      return "unreadable";
  }
  return "";
}

}  // namespace chunkrd::taskapi

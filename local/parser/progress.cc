#include "local/parser/progress.h"

#include <cstdio>
#include <string>

namespace chunkrd::local {

void say(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

void say_page(std::uint32_t page, std::uint32_t pages, std::string_view what) {
  std::string line = "Page " + std::to_string(page) + "/" + std::to_string(pages) + ": ";
  say(line.append(what));
}

}  // namespace chunkrd::local

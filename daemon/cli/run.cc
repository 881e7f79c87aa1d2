#include "cli/run.h"

#include "cli/daemon.h"
#include "config/reader.h"
#include "core/logging.h"

namespace chunkrd::cli {

void run(const std::filesystem::path& config_file) {
  config::Settings settings = config::read_settings(config_file);
  set_up_logging(settings.log.level, settings.log.format);
  Daemon(std::move(settings), config_file).run();
}

}  // namespace chunkrd::cli

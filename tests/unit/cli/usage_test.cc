// What a person reads who has mistyped an option.
#include "cli/usage.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cli/arguments.h"
#include "cli/command.h"

namespace chunkrd::cli {
namespace {

using ::testing::HasSubstr;

std::string refusal(std::vector<std::string> arguments) {
  CLI::App app("", "chunkrd");
  app.require_subcommand(1);
  app.failure_message(usage_error);
  std::size_t limit = 5;
  std::string since;
  CLI::App* const jobs = app.add_subcommand("jobs", "");
  add_limit_option(*jobs, limit, "");
  add_limit_option(*app.add_subcommand("events", ""), limit, "");
  double seconds = 0;
  for (const char* waiting : {"drain", "retry"})
    add_wait_option(*app.add_subcommand(waiting, ""), seconds, "");
  jobs->add_option("--since", since, "");
  try {
    arguments = as_we_have_it(std::move(arguments), app);
    std::ranges::reverse(arguments);
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return usage_error(&app, error);
  }
  return "";
}

TEST(UsageError, SaysWhatIsWrongWithANumber) {
  EXPECT_EQ(refusal({"jobs", "--limit", "5"}), "");
  for (const auto& [command, option] : {std::pair{"jobs", "--limit"}, std::pair{"events", "--limit"},
                                        std::pair{"drain", "--wait"}, std::pair{"retry", "--wait"}})
    for (const char* wrong : {"-1", "many", "1e99", "", "nan", "-inf", "0x10", " 5", "99999999999999999999"})
      EXPECT_EQ(refusal({command, option, wrong}),
                fmt::format("chunkrd: {}: \"{}\" is no number that can stand there; write one from 0 on; see "
                            "chunkrd {} --help\n",
                            option, wrong, command));
  EXPECT_EQ(refusal({"drain", "--wait", "0.5"}), "");
  EXPECT_THAT(refusal({"jobs", "--limit=-1"}), HasSubstr("\"-1\" is no number"));
}

TEST(UsageError, NamesTheOptionThatWasMeant) {
  EXPECT_THAT(refusal({"jobs", "--limt", "5"}),
              HasSubstr("there is no option --limt; did you mean --limit?"));
  EXPECT_THAT(refusal({"jobs", "--frobnicate"}),
              HasSubstr("there is no option --frobnicate; see chunkrd jobs"));
  EXPECT_THAT(refusal({"jobs", "more"}), HasSubstr("\"more\" is one argument too many"));
}

TEST(UsageError, SaysThatAValueIsMissing) {
  EXPECT_THAT(refusal({"jobs", "--since"}), HasSubstr("--since needs a value: --since TEXT"));
}

}  // namespace
}  // namespace chunkrd::cli

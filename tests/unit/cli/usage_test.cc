// What a person reads who has mistyped an option.
#include "cli/usage.h"

#include <gmock/gmock.h>

#include "cli/arguments.h"

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
  jobs->add_option("-n,--limit", limit, "")->check(CLI::NonNegativeNumber);
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
  for (const char* wrong : {"-1", "many", "1e99", ""})
    EXPECT_EQ(refusal({"jobs", "--limit", wrong}),
              "chunkrd: --limit: \"" + std::string(wrong) +
                  "\" is no number that can stand there; write one from 0 on; see chunkrd jobs --help\n");
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

// The one thing that is needed of a configuration with mistakes in it.
#include <gtest/gtest.h>

#include "config/reader.h"
#include "tests/unit/config/folder.h"

namespace chunkrd::config {
namespace {

TEST(StateFolder, IsFoundInAFileThatIsNoYamlAnyMore) {
  const TestFolder folder;
  const auto in = [&](const std::string& text) {
    return state_folder_in(folder.write("chunkrd.yaml", text));
  };
  EXPECT_EQ(in("api: {url: [\nstate: /var/lib/chunkrd   # here\ninboxes:\n - a\n b: c\n"),
            "/var/lib/chunkrd");
  EXPECT_EQ(in("state: 'a # b'\n\t\n"), folder / "a # b");
  EXPECT_EQ(in("state: \"\\x41\"\n"), folder / "A");
  for (const char* none :
       {"", "inboxes: []\n", "  state: /inner\n", "state:\n  - /a\n", "state: [a]\n", "state: \"\n"})
    EXPECT_EQ(in(none), std::nullopt) << none;
  EXPECT_EQ(state_folder_in(folder / "gone.yaml"), std::nullopt);
}

}  // namespace
}  // namespace chunkrd::config

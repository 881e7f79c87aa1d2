// Standard streams that are closed, full, or that nobody reads: what is said there must not end the work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"
#include "tests/system/harness/command.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;

class Streams : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { std::ofstream(document) << "# A title\n\nA line.\n"; }

  // The exit code of `chunkrd process` with its streams as the shell puts them.
  std::string process_with(const std::string& streams) {
    const std::string script = "\"$0\" process --local --out \"$1\" \"$2\" " + streams;
    return run({"bash", "-c", script, CHUNKRD_PROGRAM, out.native(), document.native()}).out;
  }

  TemporaryFolder folder;
  const fs::path document = folder.path() / "note.md";
  const fs::path out = folder.path() / "out";
};

TEST_P(Streams, DoNotEndTheWork) {
  EXPECT_EQ(process_with(GetParam()), "0\n");
  EXPECT_TRUE(fs::exists(out / "note.md.json"));
  EXPECT_EQ(fs::file_size(out / ".chunkrd" / "process" / "lock"), 0U);
}
INSTANTIATE_TEST_SUITE_P(Of, Streams,
                         ::testing::Values("2>&1 | true; echo ${PIPESTATUS[0]}",  // nobody reads
                                           "2>/dev/full >/dev/null; echo $?",     // cannot be written
                                           "0<&- 2>&- >/dev/null; echo $?",       // closed
                                           "2>&- 1>&- 0<&-; echo $?"));

TEST_F(Streams, AnAnswerThatCannotBeWrittenIsAnError) {
  EXPECT_EQ(process_with(">/dev/full 2>/dev/null; echo $?"), "74\n");
  EXPECT_TRUE(fs::exists(out / "note.md.json"));
}

}  // namespace
}  // namespace chunkrd::tests

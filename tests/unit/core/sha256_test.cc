#include "core/sha256.h"

#include <gtest/gtest.h>

#include <fstream>
#include <system_error>

#include "tests/support/temporary_folder.h"

namespace chunkrd {
namespace {

constexpr const char* kOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Sha256Digest, IsTheOneOfTheStandard) {
  EXPECT_EQ(sha256_hex("abc"), kOfAbc);
  EXPECT_EQ(sha256_hex(""), kOfNothing);
}

TEST(Sha256Digest, DoesNotDependOnThePieces) {
  Sha256 hash;
  hash.add("a");
  hash.add("");
  hash.add("bc");
  EXPECT_EQ(hash.finish(), kOfAbc);
}

TEST(Sha256OfAFile, ReadsItToItsEnd) {
  tests::TemporaryFolder folder;
  const std::string million(1'000'000, 'a');
  std::ofstream(folder / "million") << million;
  const auto digest = sha256_file(folder / "million");
  EXPECT_EQ(digest.sha256, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(digest.size_bytes, million.size());
}

TEST(Sha256OfAFile, NeverGoesThroughALink) {
  tests::TemporaryFolder folder;
  std::ofstream(folder / "file") << "abc";
  std::filesystem::create_symlink(folder / "file", folder / "link");
  EXPECT_THROW(sha256_file(folder / "link"), std::system_error);
}

}  // namespace
}  // namespace chunkrd

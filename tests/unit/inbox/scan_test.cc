#include "inbox/scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <map>

#include "folder.h"

namespace chunkrd::inbox {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct Scan : ::testing::Test {
  Listing::Piece list(const std::string& folder = "", Depth depth = Depth::files) {
    const auto tree = Tree::open(root.path());
    auto opened = open_folder(*tree, folder);
    EXPECT_TRUE(opened.listing) << opened.error.message();
    Listing::Piece all;
    while (!all.last) {
      auto piece = opened.listing->next(names, known, depth, 3);
      std::ranges::move(piece.files, std::back_inserter(all.files));
      std::ranges::move(piece.folders, std::back_inserter(all.folders));
      all.last = piece.last;
    }
    return all;
  }

  static std::map<std::string, Kind> kinds(const std::vector<Sighting>& sightings) {
    std::map<std::string, Kind> kinds;
    for (const auto& sighting : sightings) kinds[sighting.name] = sighting.kind;
    return kinds;
  }

  TemporaryFolder root;
  Names names{{"*.log"}};
  Known known;
};

TEST_F(Scan, ListsFilesAndFoldersAndLeavesOutWhatIsIgnored) {
  fs::create_directories(root / "sub/deep");
  fs::create_directories(root / ".chunkrd/spool");
  fs::create_directory(root / "x.pdf");
  for (const char* name : {"a.pdf", "b.pdf.part", "c.log", ".hidden", "sub/e.pdf"})
    write_file(root / name, "text");
  const auto top = list();
  EXPECT_EQ(kinds(top.files), (std::map<std::string, Kind>{{"a.pdf", Kind::file}}));
  EXPECT_THAT(top.folders, UnorderedElementsAre("sub", "x.pdf"));
  EXPECT_EQ(top.files[0].identity, identity_of(root / "a.pdf"));

  const auto below = list("sub");
  EXPECT_EQ(kinds(below.files), (std::map<std::string, Kind>{{"sub/e.pdf", Kind::file}}));
  EXPECT_THAT(below.folders, ElementsAre("sub/deep"));
}

TEST_F(Scan, LinksFifosAndSocketsAreSpecialAndNotFollowed) {
  write_file(root / "file", "text");
  fs::create_directory(root / "folder");
  fs::create_symlink("file", root / "link");
  fs::create_symlink("nowhere", root / "dangling");
  fs::create_directory_symlink("folder", root / "folder-link");
  ASSERT_EQ(::mkfifo((root / "fifo").c_str(), 0600), 0);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const auto path = (root / "socket").native();
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::ranges::copy(path, address.sun_path);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(socket);

  const auto listed = list();
  EXPECT_EQ(kinds(listed.files), (std::map<std::string, Kind>{{"dangling", Kind::special},
                                                              {"fifo", Kind::special},
                                                              {"file", Kind::file},
                                                              {"folder-link", Kind::special},
                                                              {"link", Kind::special},
                                                              {"socket", Kind::special}}));
  EXPECT_THAT(listed.folders, ElementsAre("folder"));
}

TEST_F(Scan, NamesAreBytes) {
  const std::vector<std::string> all = {" a ",          "new\nline",    "quote'\"", "-rf",
                                        "\xc3\xa4.pdf", "\xff\xfe\x80", "*?[",      std::string(255, '\xe9')};
  for (const auto& name : all) write_file(root / name, "text");
  std::vector<std::string> found;
  for (const auto& sighting : list().files) found.push_back(sighting.name);
  EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(all));
}

TEST_F(Scan, AKnownFileIsNotListedWhileItStaysAsItIs) {
  write_file(root / "a.pdf", "text");
  known.add("a.pdf", identity_of(root / "a.pdf"));
  EXPECT_THAT(list("", Depth::files).files, IsEmpty());
  EXPECT_THAT(list("", Depth::names).files, IsEmpty());

  append(root / "a.pdf", "more");
  EXPECT_THAT(list("", Depth::names).files, IsEmpty()) << "looked at the file although the name should do";
  EXPECT_EQ(list("", Depth::files).files.size(), 1u);
}

TEST_F(Scan, AReplacedFileIsSeenFromTheListingAlone) {
  write_file(root / "a.pdf", "text");
  write_file(root / "b.pdf", "text");
  known.add("a.pdf", identity_of(root / "a.pdf"));
  known.add("b.pdf", identity_of(root / "b.pdf"));
  fs::rename(root / "b.pdf", root / "a.pdf");
  EXPECT_EQ(kinds(list("", Depth::names).files), (std::map<std::string, Kind>{{"a.pdf", Kind::file}}));
}

TEST_F(Scan, LooksAtSingleNames) {
  fs::create_directories(root / "sub/folder");
  write_file(root / "sub/a.pdf", "text");
  fs::create_directory_symlink("sub", root / "link");
  const auto tree = Tree::open(root.path());
  const auto seen = look_at(*tree, {"sub/a.pdf", "sub/none", "sub/folder", "link", "link/a.pdf", "no/x"});
  EXPECT_EQ(kinds(seen), (std::map<std::string, Kind>{{"sub/a.pdf", Kind::file},
                                                      {"sub/none", Kind::gone},
                                                      {"sub/folder", Kind::folder},
                                                      {"link", Kind::special},
                                                      {"link/a.pdf", Kind::gone},
                                                      {"no/x", Kind::gone}}));
  EXPECT_EQ(seen[0].identity, identity_of(root / "sub/a.pdf"));
}

}  // namespace
}  // namespace chunkrd::inbox

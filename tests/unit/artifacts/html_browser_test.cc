// NAME.html in a real Chromium: what it shows, and what its policy forbids.

#include <gmock/gmock.h>

#include "artifacts/artifacts.h"
#include "artifacts/pictures.h"
#include "core/base64.h"
#include "tests/support/browser.h"
#include "tests/support/http_server.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/artifacts/result.h"

namespace chunkrd::artifacts {
namespace {

namespace fs = std::filesystem;
using test::chunk;
using test::result;
using test::segment;

// One white pixel.
constexpr const char* kPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg==";

TEST(HtmlPage, ShowsTheDeliveredPicturesAndFetchesNothingElse) {
  const tests::TemporaryFolder folder;
  chunkrd::test::HttpServer elsewhere;
  const std::string address = elsewhere.url() + "/x.png";
  fs::create_directory(folder / "50% of it.pdf.images");
  std::string png;
  ASSERT_TRUE(Base64Decoder().add(kPng, png));
  test::write(folder / "50% of it.pdf.images/s1.png", png);
  test::write(
      folder / "task.json",
      result(chunk(
          segment("s1", "Picture", R"("html":"<img src=')" + address + R"('>","content":"A quay")") + "," +
          segment("s2", "Text",
                  R"("html":"<p>text</p><img src=)" + address + " onerror=\\\"document.title=1\\\">" +
                      R"(<script>document.title=1</script><meta http-equiv=refresh content='0;url=)" +
                      address + R"('>")"))));
  write_html(folder / "task.json", "50% of it.pdf",
             PictureFolder{folder / "50% of it.pdf.images", "50% of it.pdf.images"},
             folder / "50% of it.pdf.html");
  chunkrd::test::Browser browser(1000, 800);
  browser.open(folder / "50%25 of it.pdf.html");
  EXPECT_EQ(browser.text("return document.title"), "50% of it.pdf");
  EXPECT_EQ(browser.text("return document.images.length"), "1");
  EXPECT_EQ(browser.text("const i = document.images[0]; i.loading = 'eager';"
                         "return i.decode().then(() => i.naturalWidth)"),
            "1");
  EXPECT_EQ(browser.text("return document.images[0].alt"), "A quay");
  EXPECT_EQ(browser.text("return document.scripts.length"), "0");
  // If something came through the filter: the page's policy.
  EXPECT_EQ(browser.text("document.body.insertAdjacentHTML('beforeend',"
                         "\"<img id=i src='" +
                         address +
                         "'>\");"
                         "return new Promise(d => { const i = document.getElementById('i');"
                         "i.onload = () => d('loaded'); i.onerror = () => d('refused'); })"),
            "refused");
  EXPECT_EQ(browser.text("const s = document.createElement('script'); s.textContent = 'document.title = 1';"
                         "document.body.append(s); return document.title"),
            "50% of it.pdf");
  EXPECT_EQ(elsewhere.connections(), 0);
}

}  // namespace
}  // namespace chunkrd::artifacts

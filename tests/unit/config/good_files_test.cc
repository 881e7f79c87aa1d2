#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/parse_settings.h"
#include "config/reader.h"
#include "tests/unit/config/folder.h"

namespace chunkrd::config {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

const std::string kRest =
    "state: /s\n"
    "inboxes:\n"
    "  - {path: /i, outbox: /o, failed: /f, archive: /a}\n";

Settings settings_of(const std::string& text) {
  const TestFolder folder;
  return read_settings(folder.write("c.yaml", text));
}

std::string parse_of(const std::string& parse) {
  return settings_of(kRest + "profiles: {p: {parse: " + parse + "}}\n").profiles.at("p").parse;
}

TEST(AFileWithTheLeast, HasTheDefaultsOfTheTypes) {
  Settings expected;
  expected.state = "/s";
  Inbox inbox;
  inbox.path = "/i";
  inbox.outbox = "/o";
  inbox.failed = "/f";
  inbox.archive = "/a";
  expected.inboxes = {inbox};
  expected.profiles["default"] = {};
  EXPECT_EQ(settings_of(kRest), expected);
}

TEST(TheDesignsOwnExample, IsReadWithWhatThisVersionSupports) {
  const Settings s = settings_of(
      R"(api: {url: "https://api.chunkr.ai/", key_file: /etc/chunkrd/api-key}
state: /var/lib/chunkrd
queue: sqlite
inboxes:
  - {path: /srv/chunkrd/inbox, outbox: /srv/chunkrd/outbox, failed: /srv/chunkrd/failed, archive: /srv/chunkrd/archive,
     originals: archive, settle: 5s, profile: default, folders: {invoices: invoices}}
profiles:
  default:  {artifacts: [json, markdown], after_delivery: keep}
  invoices: {parse: {ocr_strategy: All, high_resolution: true}, artifacts: [markdown], after_delivery: delete, priority: 10}
limits: {submits_per_second: 2.5, uploads: 8, polls: 32, downloads: 8}
metrics: {listen: "127.0.0.1:9464"}
log: {level: info, format: auto}
)");
  EXPECT_EQ(s.api.url, "https://api.chunkr.ai");
  EXPECT_EQ(s.api.key_file, "/etc/chunkrd/api-key");
  EXPECT_EQ(s.inboxes.at(0).folders.at("invoices"), "invoices");
  const Profile& invoices = s.profiles.at("invoices");
  EXPECT_EQ(invoices.parse, R"({"high_resolution":true,"ocr_strategy":"All"})");
  EXPECT_THAT(invoices.artifacts, ElementsAre(Artifact::json, Artifact::markdown));
  EXPECT_EQ(invoices.after_delivery, AfterDelivery::remove);
  EXPECT_EQ(invoices.priority, 10);
  EXPECT_EQ(s.limits.submits_per_second, 2.5);
}

TEST(EveryKeyOfAnInbox, IsRead) {
  const Settings s = settings_of(R"(state: /s
inboxes:
  - path: /i
    outbox: /o
    failed: /f
    originals: delete
    layout: folder
    settle: 1500ms
    rescan: 1m
    watch: scan
    ignore: ["*.bak", Thumbs.db]
    types: [pdf, .DOCX]
  - {path: /j, outbox: /o, failed: /f, originals: keep, watch: events}
)");
  const Inbox& inbox = s.inboxes.at(0);
  EXPECT_EQ(inbox.originals, Originals::remove);
  EXPECT_EQ(inbox.layout, Layout::folder);
  EXPECT_EQ(inbox.settle, 1500ms);
  EXPECT_EQ(inbox.rescan, 60s);
  EXPECT_EQ(inbox.watch, Watch::scan);
  EXPECT_THAT(inbox.ignore, ElementsAre("*.bak", "Thumbs.db"));
  EXPECT_THAT(inbox.types, ElementsAre("pdf", "docx"));
  EXPECT_EQ(s.inboxes.at(1).originals, Originals::keep);
  EXPECT_EQ(s.inboxes.at(1).watch, Watch::events);
}

TEST(Durations, AreReadInEveryUnit) {
  const auto timeout = [](const std::string& text) {
    return settings_of(kRest + "shutdown_timeout: " + text + "\n").shutdown_timeout;
  };
  EXPECT_EQ(timeout("45"), 45s);
  EXPECT_EQ(timeout("45s"), 45s);
  EXPECT_EQ(timeout("3000ms"), 3s);
  EXPECT_EQ(timeout("2m"), 2min);
  EXPECT_EQ(timeout("1h"), 1h);
  EXPECT_EQ(
      settings_of(kRest + "profiles: {p: {starting_deadline: 2d}}\n").profiles.at("p").starting_deadline,
      48h);
}

TEST(Sizes, AreReadInEveryUnit) {
  const auto bytes = [](const std::string& text) {
    return settings_of(kRest + "limits: {document_bytes: " + text + "}\n").limits.document_bytes;
  };
  EXPECT_EQ(bytes("12"), 12U);
  EXPECT_EQ(bytes("12B"), 12U);
  EXPECT_EQ(bytes("3kB"), 3000U);
  EXPECT_EQ(bytes("750MB"), 750'000'000U);
  EXPECT_EQ(bytes("1GiB"), 1U << 30);
  EXPECT_EQ(bytes("1TiB"), std::uint64_t{1} << 40);
}

TEST(Paths, AreRelativeToTheFilesFolder) {
  const TestFolder folder;
  const auto file = folder.write("c.yaml",
                                 "state: state/\n"
                                 "inboxes:\n"
                                 "  - {path: ./in/../inbox, outbox: /o/, failed: ./~odd, originals: keep}\n");
  const Settings s = read_settings(file);
  EXPECT_EQ(s.state, folder / "state");
  EXPECT_EQ(s.inboxes.at(0).path, folder / "inbox");
  EXPECT_EQ(s.inboxes.at(0).outbox, "/o");
  EXPECT_EQ(s.inboxes.at(0).failed, folder / "~odd");
}

TEST(ASection, MayBeEmpty) {
  const Settings s =
      settings_of(kRest + "api:\nlimits:\nmetrics:\n  # listen: x\nlog: {}\nprofiles:\n  p:\n");
  EXPECT_EQ(s.api, Api{});
  EXPECT_EQ(s.profiles.at("p"), Profile{});
}

TEST(Metrics, CanBeSwitchedOff) {
  EXPECT_EQ(settings_of(kRest + "metrics: {listen: ''}\n").metrics.listen, "");
}

TEST(ParseSettings, AreCanonicalWhateverTheirOrder) {
  EXPECT_EQ(parse_of("{ocr_strategy: Auto, expires_in: 60}"), R"({"expires_in":60,"ocr_strategy":"Auto"})");
  EXPECT_EQ(parse_of("{expires_in: 60, ocr_strategy: Auto}"), R"({"expires_in":60,"ocr_strategy":"Auto"})");
  EXPECT_EQ(parse_of("{}"), "{}");
  EXPECT_EQ(parse_of(""), "{}");
}

TEST(ParseSettings, LeaveOutWhatIsNullBecauseTheServiceTakesItForAbsent) {
  EXPECT_EQ(
      parse_of("{ocr_strategy: null, chunk_processing: ~, llm_processing: {model_id: }, segment_processing: "
               "{Table: null}}"),
      R"({"llm_processing":{},"segment_processing":{}})");
}

TEST(ParseSettings, TakeEverythingTheContractHas) {
  EXPECT_EQ(
      parse_of(R"({expires_in: 86400, high_resolution: false, ocr_strategy: All, segmentation_strategy: Page,
    error_handling: Continue, pipeline: Azure,
    chunk_processing: {ignore_headers_and_footers: false, target_length: 0, tokenizer: {String: "bert/x"}},
    segment_processing: {Table: {crop_image: All, embed_sources: [HTML, LLM], html: LLM, markdown: Auto, llm: "Say \"it\""}},
    llm_processing: {fallback_strategy: {Model: b}, max_completion_tokens: 10, model_id: a, temperature: 0.2}})"),
      R"({"chunk_processing":{"ignore_headers_and_footers":false,"target_length":0,"tokenizer":{"String":"bert/x"}},)"
      R"("error_handling":"Continue","expires_in":86400,"high_resolution":false,)"
      R"("llm_processing":{"fallback_strategy":{"Model":"b"},"max_completion_tokens":10,"model_id":"a","temperature":0.2},)"
      R"("ocr_strategy":"All","pipeline":"Azure","segment_processing":{"Table":{"crop_image":"All",)"
      R"("embed_sources":["HTML","LLM"],"html":"LLM","llm":"Say \"it\"","markdown":"Auto"}},)"
      R"("segmentation_strategy":"Page"})");
}

TEST(ParseSettings, WriteEqualNumbersEqually) {
  EXPECT_EQ(parse_of("{llm_processing: {temperature: 1.0}}"), parse_of("{llm_processing: {temperature: 1}}"));
  EXPECT_EQ(parse_of("{llm_processing: {temperature: -0}}"), R"({"llm_processing":{"temperature":0}})");
  EXPECT_EQ(parse_of("{llm_processing: {fallback_strategy: None}}"),
            R"({"llm_processing":{"fallback_strategy":"None"}})");
}

TEST(Anchors, CanBeUsed) {
  const Settings s = settings_of(kRest + "profiles: {a: {parse: &p {ocr_strategy: Auto}}, b: {parse: *p}}\n");
  EXPECT_EQ(s.profiles.at("b").parse, R"({"ocr_strategy":"Auto"})");
}

TEST(Retention, IsByTimeAndNumberOrNever) {
  const Retention all =
      settings_of(kRest +
                  "retention: {finished_after: 90d, finished_keep: 5, archive_after: 1h, archive_keep: 7}\n")
          .retention;
  EXPECT_EQ(all.finished_after, seconds(90 * 86400));
  EXPECT_EQ(all.finished_keep, 5);
  EXPECT_EQ(all.archive_after, seconds(3600));
  EXPECT_EQ(all.archive_keep, 7);
  for (const std::string never : {"never", "0"}) {
    const Retention none =
        settings_of(kRest + "retention: {finished_after: " + never + ", finished_keep: 0}\n").retention;
    EXPECT_EQ(none.finished_after, std::nullopt);
    EXPECT_EQ(none.finished_keep, 0);
    EXPECT_FALSE(none.prunes_archive());
  }
}

}  // namespace
}  // namespace chunkrd::config

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/reader.h"
#include "tests/unit/config/folder.h"

namespace chunkrd::config {
namespace {

using ::testing::ElementsAreArray;

// The error lines for a file with this text, without the file's name and what follows it.
std::vector<std::string> errors_of(const std::string& text) {
  const TestFolder folder;
  const auto file = folder.write("c.yaml", text);
  try {
    read_settings(file);
  } catch (const ConfigErrors& errors) {
    std::vector<std::string> lines;
    for (const std::string& line : errors.lines()) {
      EXPECT_TRUE(line.starts_with(file.string() + ":")) << line;
      lines.push_back(line.substr(file.string().size() + 1));
    }
    return lines;
  }
  return {};
}

// What a file needs besides the part that a test is about; 3 lines.
const std::string kRest =
    "state: /s\n"
    "inboxes:\n"
    "  - {path: /i, outbox: /o, failed: /f, archive: /a}\n";

struct BadFile {
  const char* name;
  std::string text;
  std::vector<std::string> errors;
};

void PrintTo(const BadFile& bad, std::ostream* out) {
  *out << bad.name;
}

class ABadFile : public ::testing::TestWithParam<BadFile> {};

TEST_P(ABadFile, IsRefusedWithTheExactLines) {
  EXPECT_THAT(errors_of(GetParam().text), ElementsAreArray(GetParam().errors));
}

const std::string kMapNeeded = "; a map (lines of \"name: value\") is needed here";
const std::string kDurationNeeded = "; a duration such as 500ms, 5s, 2m, 1h or 1d is needed here";

BadFile parse_of(const char* name, const std::string& parse, const std::string& error) {
  return {name, kRest + "profiles: {p: {parse: {" + parse + "}}}\n", {"4:" + error}};
}

const std::string kFits =
    "this line does not fit those above: is it as far in as its neighbours, and is a text with \": \" in it "
    "quoted?";
const std::string kNoName = "this line has no name with a \": \" behind it (the space belongs to it)";

INSTANTIATE_TEST_SUITE_P(
    Syntax, ABadFile,
    ::testing::Values(
        BadFile{"Empty", "", {"1:1: the file is empty; at least state and inboxes are needed"}},
        BadFile{
            "OnlyComments", "# nothing\n", {"1:1: the file is empty; at least state and inboxes are needed"}},
        BadFile{"AList",
                "- a\n",
                {
                    "1:1: found a list" + kMapNeeded,
                }},
        BadFile{"AText", "hello\n", {"1:1: found the text \"hello\"" + kMapNeeded}},
        BadFile{"Tab",
                "api:\n\turl: http://x\n",
                {"2:1: a tab indents this line; YAML allows only spaces there"}},
        BadFile{"TabLater",
                "api:\n  url: http://x\n\tstate: y\n",
                {"3:1: a tab indents this line; YAML allows only spaces there"}},
        BadFile{"OpenList", "a: [1, 2\n", {"2:1: a \",\" or a \"]\" is missing before this"}},
        BadFile{"OpenMap", "{a: 1\n", {"2:1: a \",\" or a \"}\" is missing before this"}},
        BadFile{"NoCommaInAMap",
                "limits: {uploads: 4 polls: 5}\n",
                {"1:26: a \",\" or a \"}\" is missing before this"}},
        BadFile{"TwoColons", "key: value: x\n", {"1:11: " + kFits}},
        BadFile{"FurtherInThanItsNeighbours", "api:\n  url: x\n   key_file: y\n", {"3:12: " + kFits}},
        BadFile{
            "LessFarInThanItsNeighbours",
            "inboxes:\n  - path: /in\n   outbox: /out\n",
            {"3:4: this line belongs to no entry of the list above: begin an entry with \"- \", as far in as "
             "the others, or write the line as far out as the key of the list"}},
        BadFile{"NoColon", "state /s\ninboxes: []\n", {"1:1: " + kNoName}},
        BadFile{"NoSpaceBehindTheColon", "state:/s\ninboxes: []\n", {"1:1: " + kNoName}},
        BadFile{"NoSpaceBehindTheDash", "inboxes:\n  -path: /in\n    outbox: /out\n", {"3:11: " + kFits}},
        BadFile{
            "OpenSingleQuote", "state: '/s\ninboxes: []\n", {"1:8: a quote is opened here and never closed"}},
        BadFile{"OpenDoubleQuote",
                "api: {url: \"http://x}\nstate: y\n",
                {"1:12: a quote is opened here and never closed"}},
        BadFile{"ClosedByTheNextQuote",
                "state: \"/s\nlog: {level: \"info\"}\n",
                {"1:8: a quote is opened here and closed only in line 2"}},
        BadFile{"NoBreakSpace",
                "api:\n  url: x\n \u00A0key_file: y\n",
                {"3:2: a no-break space indents this line; YAML allows only spaces there"}},
        BadFile{"ControlCharacter",
                "state: /s\x1b[31m\n",
                {"1:10: a control character (0x1B) stands here; remove it"}},
        BadFile{"EndsWithCrAlone",
                "state: /s\rinboxes: []\r",
                {"1:10: a line ends with CR alone; save the file with LF (or CR LF) as ends of lines"}},
        BadFile{"Utf16", std::string("\xFF\xFEs\0t\0", 6), {"1:1: the file is UTF-16; save it as UTF-8"}},
        BadFile{"TwoDocuments",
                "---\na: 1\n---\nb: 1\n",
                {"4:1: a second document begins here; one file has one document"}},
        BadFile{"NotUtf8", "state: /s\napi: \xff\n", {"2:1: the line is not valid UTF-8"}},
        BadFile{
            "Nul", std::string("state: /s\nx\0y\n", 14), {"2:2: the file has a NUL byte; it is not text"}},
        BadFile{"Deep", std::string(5000, '['), {"1:1: values are nested too deeply"}},
        BadFile{"UnknownAlias",
                "state: *x\n",
                {"1:8: a text that begins with such a character needs quotes: '*.pdf'"}},
        BadFile{"BackslashInQuotes",
                "state: \"C:\\srv\"\n",
                {"1:13: in double quotes a \\ begins an escape: use single quotes"}},
        BadFile{"MergeKey",
                kRest + "log: &l {level: info}\nmetrics: {<<: *l}\n",
                {"5:11: metrics.<<: YAML merge keys are not supported; write the keys out"}},
        BadFile{"AKeyThatIsAList", kRest + "? [a]\n: 1\n", {"4:3: a key must be a plain word"}}));

INSTANTIATE_TEST_SUITE_P(
    Keys, ABadFile,
    ::testing::Values(
        BadFile{"NothingRequired",
                "queue: sqlite\n",
                {"1:1: inboxes: missing; it has no default", "1:1: state: missing; it has no default"}},
        BadFile{"Unknown", kRest + "metric: {}\n", {"4:1: metric: unknown key; did you mean \"metrics\"?"}},
        BadFile{"SwappedLetters",
                kRest + "limits:\n  uplaods: 3\n",
                {"5:3: limits.uplaods: unknown key; did you mean \"uploads\"?"}},
        BadFile{"OtherCase",
                kRest + "api: {keyFile: x, Url: y, key-file: z}\n",
                {"4:7: api.keyFile: unknown key; did you mean \"key_file\"?",
                 "4:19: api.Url: unknown key; did you mean \"url\"?",
                 "4:27: api.key-file: unknown key; did you mean \"key_file\"?"}},
        BadFile{"NothingNear",
                kRest + "log: {colour: red}\n",
                {"4:7: log.colour: unknown key; known here: level, format"}},
        BadFile{"Twice",
                kRest + "log: {level: info}\nstate: /t\n",
                {"5:1: state: given twice; the first is in line 1"}},
        BadFile{"ATextForASection",
                kRest + "api: https://x\n",
                {"4:6: api: found the text \"https://x\"" + kMapNeeded}},
        BadFile{"AListForASection", kRest + "limits: [1]\n", {"4:9: limits: found a list" + kMapNeeded}},
        BadFile{"AMapForTheInboxes",
                "state: /s\ninboxes: {path: /i}\n",
                {"2:10: inboxes: found a map; a list, such as [a, b], is needed here"}},
        BadFile{"NoInbox",
                "state: /s\ninboxes: []\n",
                {"2:10: inboxes: the list is empty; at least one inbox is needed"}},
        BadFile{
            "AnInboxWithoutAnything",
            "state: /s\ninboxes:\n  - settle: 1s\n",
            {"3:5: inboxes[0].archive: missing; originals: archive (the default) needs it; or use originals: "
             "delete or keep",
             "3:5: inboxes[0].failed: missing; it has no default",
             "3:5: inboxes[0].outbox: missing; it has no default",
             "3:5: inboxes[0].path: missing; it has no default"}},
        BadFile{"LaterQueue",
                kRest + "queue: postgres://u:secret@h/d\n",
                {"4:8: queue: PostgreSQL is not supported by this version; use sqlite"}},
        BadFile{"AnUnknownArtifact",
                kRest + "profiles: {p: {artifacts: [json, chunks, word]}}\n",
                {"4:42: profiles.p.artifacts[2]: unknown value \"word\"; use json, markdown, html, chunks, "
                 "text, pdf, images or report"}}));

INSTANTIATE_TEST_SUITE_P(
    Values, ABadFile,
    ::testing::Values(
        BadFile{"NoValue",
                kRest + "shutdown_timeout:\n",
                {"4:1: shutdown_timeout: has no value" + kDurationNeeded}},
        BadFile{"NotADuration",
                kRest + "shutdown_timeout: soon\n",
                {"4:19: shutdown_timeout: found the text \"soon\"" + kDurationNeeded}},
        BadFile{"AFractionOfADuration",
                kRest + "shutdown_timeout: 1.5h\n",
                {"4:19: shutdown_timeout: found the text \"1.5h\"" + kDurationNeeded}},
        BadFile{"ANegativeDuration",
                kRest + "shutdown_timeout: -5\n",
                {"4:19: shutdown_timeout: found the number -5" + kDurationNeeded}},
        BadFile{"TooLong",
                kRest + "shutdown_timeout: 2h\n",
                {"4:19: shutdown_timeout: 2h is out of range; allowed is 1s to 1h"}},
        BadFile{"LongerThanAnyNumber",
                kRest + "shutdown_timeout: 99999999999999999999d\n",
                {"4:19: shutdown_timeout: 99999999999999999999d is out of range; allowed is 1s to 1h"}},
        BadFile{"NotWholeSeconds",
                kRest + "shutdown_timeout: 1500ms\n",
                {"4:19: shutdown_timeout: 1500ms is not a whole number of seconds"}},
        BadFile{
            "ATextForANumber",
            kRest + "limits: {uploads: many}\n",
            {"4:19: limits.uploads: found the text \"many\"; a whole number from 1 to 256 is needed here"}},
        BadFile{"AQuotedNumber",
                kRest + "limits: {uploads: \"8\"}\n",
                {"4:19: limits.uploads: found the text \"8\"; a whole number from 1 to 256 is needed here"}},
        BadFile{"AFraction",
                kRest + "limits: {uploads: 1.5}\n",
                {"4:19: limits.uploads: found the number 1.5; a whole number from 1 to 256 is needed here"}},
        BadFile{"TooMany",
                kRest + "limits: {uploads: 300, submits_per_second: 0}\n",
                {"4:19: limits.uploads: 300 is out of range; allowed is 1 to 256",
                 "4:44: limits.submits_per_second: 0 is out of range; allowed is 0.01 to 1000"}},
        BadFile{"InfinitelyMany",
                kRest + "limits: {submits_per_second: inf}\n",
                {"4:30: limits.submits_per_second: found the number inf; a number is needed here"}},
        BadFile{
            "ASizeOfNothing",
            kRest + "limits: {document_bytes: 0, upload_bytes_in_flight: 5XB}\n",
            {"4:26: limits.document_bytes: 0 is out of range; allowed is 1B to 1TiB",
             "4:53: limits.upload_bytes_in_flight: found the text \"5XB\"; a size such as 750MB, 1GiB or a "
             "number of bytes is needed here"}},
        BadFile{
            "Retention",
            kRest + "retention: {finished_after: forever, finished_keep: -1, archive_after: 500ms, "
                    "archiv_keep: 3}\n",
            {"4:29: retention.finished_after: found the text \"forever\"; a duration such as 500ms, 5s, 2m, "
             "1h or 1d, or never is needed here",
             "4:53: retention.finished_keep: -1 is out of range; allowed is 0 to 1000000000",
             "4:72: retention.archive_after: 500ms is out of range; allowed is 1s to 36500d",
             "4:79: retention.archiv_keep: unknown key; did you mean \"archive_keep\"?"}},
        BadFile{"ControlCharacters",
                kRest + "log: {level: \"\\x1b[31m\\n\"}\n",
                {"4:14: log.level: unknown value \"?[31m?\"; use trace, debug, info, warning or error"}},
        BadFile{"Home",
                "state: ~/state\n" + kRest.substr(10),
                {"1:8: state: \"~\" is not expanded; write the whole path (or \"./~...\" for such a name)"}},
        BadFile{"ListenAtAName",
                kRest + "metrics: {listen: example.com:80}\n",
                {"4:19: metrics.listen: found the text \"example.com:80\"; an address and port such as "
                 "\"127.0.0.1:9464\", \"[::1]:9464\" or \":9464\" (\"\" for none) is needed here"}},
        BadFile{"UnknownProfiles",
                "state: /s\n"
                "inboxes:\n"
                "  - {path: /i, outbox: /o, failed: /f, originals: keep, profile: invoces, folders: {x: zzz, "
                "a/b: default}}\n"
                "profiles: {invoices: }\n",
                {"3:66: inboxes[0].profile: unknown profile \"invoces\"; did you mean \"invoices\"?",
                 "3:88: inboxes[0].folders.x: unknown profile \"zzz\"; defined: default or invoices",
                 "3:98: inboxes[0].folders.a/b: \"a/b\" is no name of a folder right below the inbox"}},
        BadFile{"PatternsAndEndings",
                "state: /s\n"
                "inboxes:\n"
                "  - {path: /i, outbox: /o, failed: /f, originals: keep, ignore: [a/b, ''], types: ['*.pdf', "
                ".]}\n",
                {"3:66: inboxes[0].ignore[0]: \"a/b\" has a slash; patterns are compared with the file's own "
                 "name",
                 "3:71: inboxes[0].ignore[1]: is empty; a text is needed here",
                 "3:84: inboxes[0].types[0]: \"*.pdf\" is no file name ending; write one like pdf",
                 "3:93: inboxes[0].types[1]: \".\" is no file name ending; write one like pdf"}}));

INSTANTIATE_TEST_SUITE_P(
    Urls, ABadFile,
    ::testing::Values(
        BadFile{"Ftp",
                kRest + "api: {url: ftp://x}\n",
                {"4:12: api.url: the URL must begin with http:// or https://"}},
        BadFile{"NoScheme",
                kRest + "api: {url: api.chunkr.ai}\n",
                {"4:12: api.url: this is no URL; use one like https://api.chunkr.ai"}},
        BadFile{"NoHost", kRest + "api: {url: \"https:///x\"}\n", {"4:12: api.url: the URL has no host"}},
        BadFile{"Query",
                kRest + "api: {url: \"https://x/?a=1\"}\n",
                {"4:12: api.url: the URL must not have a query (\"?...\")"}},
        BadFile{"HalfAnAddress",
                kRest + "api: {url: \"http://127.0.0.1.example.com\"}\n",
                {"4:12: api.url: the URL's host begins like an address but is none"}},
        BadFile{
            "Password",
            kRest + "api: {url: \"https://u:secret@x\"}\n",
            {"4:12: api.url: the URL must not hold a user or password; the key goes into api.key_file"}}));

INSTANTIATE_TEST_SUITE_P(
    Parse, ABadFile,
    ::testing::Values(
        parse_of("Enum", "ocr_strategy: Sometimes",
                 "38: profiles.p.parse.ocr_strategy: unknown value \"Sometimes\"; use All or Auto"),
        parse_of("EnumCase", "error_handling: fail",
                 "40: profiles.p.parse.error_handling: unknown value \"fail\"; use Fail or Continue"),
        parse_of(
            "Yes", "high_resolution: yes",
            "41: profiles.p.parse.high_resolution: found the text \"yes\"; true or false is needed here"),
        parse_of("TheDocument", "file: x",
                 "24: profiles.p.parse.file: chunkrd sets this for each document; remove it"),
        parse_of("UnknownSetting", "ocr_stategy: All",
                 "24: profiles.p.parse.ocr_stategy: unknown key; did you mean \"ocr_strategy\"?"),
        parse_of("ExpiresAtOnce", "expires_in: 0",
                 "36: profiles.p.parse.expires_in: 0 is out of range; allowed is 1 to 2147483647"),
        parse_of("OverInt32", "chunk_processing: {target_length: 2147483648}",
                 "58: profiles.p.parse.chunk_processing.target_length: 2147483648 is out of range; allowed "
                 "is 0 to "
                 "2147483647"),
        parse_of(
            "NullWhereTheContractHasNone", "chunk_processing: {target_length: null}",
            "43: profiles.p.parse.chunk_processing.target_length: found nothing; a whole number from 0 to "
            "2147483647 is needed here"),
        parse_of("TokenizerByNameAlone", "chunk_processing: {tokenizer: Word}",
                 "54: profiles.p.parse.chunk_processing.tokenizer: found the text \"Word\"; {Enum: Word} (or "
                 "Cl100kBase, XlmRobertaBase, BertBaseUncased) or {String: a model's id} is needed here"),
        parse_of("SegmentType", "segment_processing: {table: {}}",
                 "45: profiles.p.parse.segment_processing.table: unknown key; did you mean \"Table\"?"),
        parse_of("Deep", "segment_processing: {Table: {embed_sources: [HTML, Word]}}",
                 "75: profiles.p.parse.segment_processing.Table.embed_sources[1]: unknown value \"Word\"; "
                 "use HTML, "
                 "Markdown, LLM or Content"),
        parse_of("Fallback", "llm_processing: {fallback_strategy: Never}",
                 "60: profiles.p.parse.llm_processing.fallback_strategy: unknown value \"Never\"; use None "
                 "or Default"),
        parse_of("FallbackWithoutModel", "llm_processing: {fallback_strategy: {}}",
                 "60: profiles.p.parse.llm_processing.fallback_strategy.Model: missing; it has no default"),
        parse_of("Temperature", "llm_processing: {temperature: warm}",
                 "54: profiles.p.parse.llm_processing.temperature: found the text \"warm\"; a number is "
                 "needed here")));

TEST(AFileWithManyErrors, TellsAllOfThemAtOnceInTheOrderOfTheFile) {
  const auto errors = errors_of(
      "api: {url: ftp://x, retries: 3}\n"
      "state: ~\n"
      "inboxes:\n"
      "  - {path: /i, outbox: /o, failed: /f, originals: burn}\n"
      "profiles:\n"
      "  p:\n"
      "    parse:\n"
      "      high_resolution: 1\n"
      "      chunk_processing: {target_length: -1}\n");
  ASSERT_EQ(errors.size(), 6U) << ::testing::PrintToString(errors);
  const char* begins[] = {"1:12: api.url:",
                          "1:21: api.retries:",
                          "2:1: state:",
                          "4:51: inboxes[0].originals:",
                          "8:24: profiles.p.parse.high_resolution:",
                          "9:41: profiles.p.parse.chunk_processing.target_length:"};
  for (std::size_t i = 0; i < errors.size(); ++i) EXPECT_TRUE(errors[i].starts_with(begins[i])) << errors[i];
}

TEST(ABadFile, EndsTheProgramWith78AndAllLinesInTheText) {
  const TestFolder folder;
  const auto file = folder.write("c.yaml", "queue: x\n");
  try {
    read_settings(file);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_config);
    EXPECT_EQ(error.what(), file.string() + ":1:1: inboxes: missing; it has no default\n" + file.string() +
                                ":1:1: state: missing; it has no default\n" + file.string() +
                                ":1:8: queue: unknown value \"x\"; use sqlite");
  }
}

TEST(AFileThatCannotBeRead, IsNamedWithTheReason) {
  const TestFolder folder;
  const auto reason = [](const std::filesystem::path& file) -> std::string {
    try {
      read_settings(file);
    } catch (const ConfigErrors& error) {
      return error.what();
    }
    return "";
  };
  const std::string missing = (folder / "missing.yaml").string();
  EXPECT_EQ(reason(missing), missing + ": cannot be read: No such file or directory");
  const std::string directory = folder.make("dir.yaml").string();
  EXPECT_EQ(reason(directory), directory + ": cannot be read: Is a directory");
  const std::string huge = folder.write("huge.yaml", std::string((1 << 20) + 1, '#')).string();
  EXPECT_EQ(reason(huge), huge + ": is larger than 1 MiB; this is no configuration of chunkrd");
}

}  // namespace
}  // namespace chunkrd::config

// The streaming readers and writers, without a server.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iterator>
#include <random>

#include "core/base64.h"
#include "core/durable.h"
#include "local/server/folders.h"
#include "local/server/form.h"
#include "local/server/output_file.h"
#include "local/server/upload.h"

namespace chunkrd::local::server {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

class Body : public testing::Test {
 protected:
  Body() : document_(std::filesystem::path(testing::TempDir()) / ("body-" + make_uuid())) {}
  ~Body() override { std::filesystem::remove(document_); }

  Upload read(std::string_view body, std::size_t piece_bytes) {
    UploadReader reader(document_);
    for (; !body.empty(); body.remove_prefix(std::min(piece_bytes, body.size()))) {
      reader.add(body.substr(0, piece_bytes));
    }
    return reader.finish();
  }
  std::string error_of(std::string_view body) {
    try {
      read(body, 5);
    } catch (const BadBody& bad) {
      return bad.what();
    }
    return "none";
  }
  std::string document() const {
    std::ifstream in(document_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path document_;
};

std::string random_bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random() & 0xFF);
  return bytes;
}

TEST_F(Body, IsTheSameInPiecesOfAnySize) {
  const std::string bytes = random_bytes(1000, 1);
  std::string encoded;
  append_base64(bytes, encoded);
  const std::string body = fmt::format(
      R"( {{"a": [1, {{"file": "no"}}], "file": "data:x/y;base64,{}", "file_name": "\u00fc.pdf"}} )",
      encoded);
  for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 64UL, 100000UL}) {
    const Upload upload = read(body, piece);
    EXPECT_EQ(upload.file, Upload::File::document);
    EXPECT_EQ(document(), bytes);
    EXPECT_EQ(json::serialize(upload.settings), R"({"a":[1,{"file":"no"}],"file_name":"ü.pdf"})");
  }
}

TEST_F(Body, EscapesInTheDocumentAreUndone) {
  EXPECT_EQ(read(R"({"file": "\u0061GVsbG8\u004b"})", 3).file, Upload::File::document);
  EXPECT_EQ(document(), "hello\n");
}

TEST_F(Body, AShortAddressIsAnAddress) {
  EXPECT_EQ(read(R"({"file": "http://"})", 1).file, Upload::File::url);
  const Upload upload = read(R"({"file": "https://example.com/a.pdf"})", 4);
  EXPECT_EQ(upload.url, "https://example.com/a.pdf");
}

TEST_F(Body, HostileBodiesAreErrorsNotTrouble) {
  EXPECT_THAT(error_of(R"({"x": )" + std::string(100000, '[')), HasSubstr("recursion limit exceeded"));
  EXPECT_THAT(error_of(R"({"x": ")" + std::string(2 << 20, 'x')), HasSubstr("settings are larger than"));
  std::string many = R"({"x": [0)";
  for (int i = 0; i < 200000; ++i) many += ",0";
  EXPECT_THAT(error_of(many), HasSubstr("settings are larger than"));
  EXPECT_THAT(error_of("{\"x\": \"\xff\"}"), HasSubstr("Json deserialize error"));
  EXPECT_THAT(error_of(R"({"x": 1e99999999999})"), HasSubstr("Json deserialize error"));
  EXPECT_THAT(error_of(R"({"file": "YQ=="} {})"), HasSubstr("trailing characters at line 1 column"));
  EXPECT_THAT(error_of(R"({"file": {"a": 1}})"), HasSubstr("invalid type: map, expected a string"));
  EXPECT_THAT(error_of(R"({"file": true})"), HasSubstr("invalid type: boolean `true`"));
  EXPECT_THAT(error_of(""), HasSubstr("EOF while parsing a value at line 1 column 0"));
}

TEST_F(Body, ALongAddressOrHeadOfADataAddressIsNoDocument) {
  EXPECT_EQ(read(R"({"file": "http://x/)" + std::string(100000, 'a') + "\"}", 1000).file,
            Upload::File::undecodable);
  EXPECT_EQ(read(R"({"file": "data:)" + std::string(100000, 'a') + "\"}", 1000).file,
            Upload::File::undecodable);
}

TEST(Base64, EveryLengthComesBack) {
  for (std::size_t size = 0; size < 70; ++size) {
    const std::string bytes = random_bytes(size, static_cast<unsigned>(size));
    std::string text;
    append_base64(bytes, text);
    for (const std::size_t piece : {1UL, 3UL, 1000UL}) {
      Base64Decoder decoder;
      std::string back;
      for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size()))) {
        ASSERT_TRUE(decoder.add(rest.substr(0, piece), back));
      }
      EXPECT_TRUE(decoder.is_complete());
      EXPECT_EQ(back, bytes);
    }
  }
}

TEST(Base64, WhatIsNotStrictIsRefused) {
  for (const std::string_view text :
       {"YQ", "YQ=", "YR==", "YWF=", "Y===", "YQ==YQ==", "YQ==\n", " YQ==", "YQ-_"}) {
    Base64Decoder decoder;
    std::string bytes;
    const bool is_taken = decoder.add(text, bytes) && decoder.is_complete();
    EXPECT_FALSE(is_taken) << text;
  }
}

std::string taken(const json::object& form, const json::object& stored, std::string_view member) {
  const FormRules rules{.models = {"local"}, .expires_in_default = 0};
  const auto base = stored.empty() ? configuration_for({}, rules) : stored;
  return json::serialize(configuration_after(base, form, rules).at(member));
}

TEST(Form, SegmentProcessingIsMergedByTypeAndTheRestReplaced) {
  const auto form = [](std::string_view text) { return json::parse(text).as_object(); };
  const FormRules rules{.models = {}, .expires_in_default = 0};
  const auto stored =
      configuration_for(form(R"({"segment_processing": {"Table": {"html": "Auto", "llm": "Sum"},
      "section_header": {"crop_image": "All"}}, "chunk_processing": {"target_length": 1, "tokenizer": {"String": "x"}}})"),
                        rules);
  const auto after =
      configuration_after(stored, form(R"({"segment_processing": {"Title": {"html": "LLM"}, "Table": null},
      "chunk_processing": {"target_length": 2}})"),
                          rules);
  const auto& segments = after.at("segment_processing").as_object();
  EXPECT_EQ(segments.size(), 12U);
  EXPECT_EQ(
      json::serialize(segments.at("Table")),
      R"({"crop_image":"Auto","embed_sources":["Markdown"],"html":"Auto","llm":"Sum","markdown":"LLM"})");
  EXPECT_EQ(segments.at("SectionHeader").at("crop_image"), "All");
  EXPECT_EQ(segments.at("Title").at("html"), "LLM");
  EXPECT_EQ(segments.at("Picture").at("crop_image"), "All");
  EXPECT_EQ(json::serialize(after.at("chunk_processing")),
            R"({"ignore_headers_and_footers":true,"target_length":2,"tokenizer":{"Enum":"Word"}})");
}

TEST(Form, OffIsReadAsAutoAndNullKeepsWhatIsThere) {
  EXPECT_EQ(taken({{"ocr_strategy", "Off"}}, {}, "ocr_strategy"), R"("Auto")");
  EXPECT_EQ(taken({{"ocr_strategy", nullptr}}, {}, "ocr_strategy"), R"("All")");
  EXPECT_EQ(taken({{"expires_in", 60}}, {}, "expires_in"), "60");
}

TEST(Form, EveryWrongValueIsNamedAsTheServiceDoes) {
  const auto mistake = [](std::string_view text) -> std::string {
    try {
      configuration_for(json::parse(text).as_object(), {.models = {}, .expires_in_default = 0});
    } catch (const BadForm& bad) {
      return bad.what();
    }
    return "none";
  };
  EXPECT_EQ(mistake(R"({"high_resolution": "yes"})"), "invalid type: string \"yes\", expected a boolean");
  EXPECT_EQ(mistake(R"({"expires_in": 3000000000})"), "invalid value: integer `3000000000`, expected i32");
  EXPECT_EQ(mistake(R"({"expires_in": 1.5})"), "invalid type: floating point `1.5`, expected i32");
  EXPECT_EQ(mistake(R"({"chunk_processing": 1})"),
            "invalid type: integer `1`, expected struct ChunkProcessing");
  EXPECT_EQ(mistake(R"({"chunk_processing": {"target_length": -1}})"),
            "invalid value: integer `-1`, expected u32");
  EXPECT_EQ(mistake(R"({"chunk_processing": {"tokenizer": {"Enum": "x"}}})"),
            "unknown variant `x`, expected one of `Word`, `Cl100kBase`, `XlmRobertaBase`, `BertBaseUncased`");
  EXPECT_EQ(mistake(R"({"chunk_processing": {"tokenizer": {"Other": "x"}}})"),
            "unknown variant `Other`, expected `Enum` or `String`");
  EXPECT_EQ(mistake(R"({"segment_processing": {"Table": {"embed_sources": ["Nope"]}}})"),
            "unknown variant `Nope`, expected one of `HTML`, `Markdown`, `LLM`, `Content`");
  EXPECT_EQ(mistake(R"({"llm_processing": {"fallback_strategy": {"Model": 1}}})"),
            "invalid type: integer `1`, expected a string");
  EXPECT_EQ(mistake(R"({"error_handling": 1})"), "expected value");
  EXPECT_EQ(mistake(R"({"pipeline": "whatever"})"), "none");
}

class OutputFile : public Body {
 protected:
  void write(std::string_view text) { std::ofstream(document_, std::ios::binary | std::ios::trunc) << text; }
  std::optional<StoredFile> stored() const {
    const auto folder = durable::open(document_.parent_path(), O_RDONLY | O_DIRECTORY);
    return open_below(folder.get(), document_.filename().native());
  }
  std::string chunks(const Output& output) {
    const auto source = chunks_source(std::move(*stored()), output, [](const std::string& name) {
      return name == "gone.png" ? nullptr : text_source("<" + name + ">");
    });
    std::string all;
    std::string piece;
    while (source->next(piece)) all += piece;
    return all;
  }
};

TEST_F(OutputFile, ChunksAreFoundWhereverTheyStand) {
  write(
      R"( {"chunks" : [{"page_count": 9, "chunks": [], "s": "\\\"]}"}] , "page_count":12, "more": {"chunks": [1]}} )");
  const auto output = inspect_output(std::move(*stored()));
  ASSERT_TRUE(output);
  EXPECT_EQ(output->page_count, 12);
  EXPECT_EQ(chunks(*output), R"([{"page_count": 9, "chunks": [], "s": "\\\"]}"}])");
}

TEST_F(OutputFile, WhatIsNotWholeIsNoOutput) {
  for (const auto* text : {"", "{}", "[]", R"({"chunks": [})", R"({"chunks": [)", R"({"chunks": 3})",
                           R"({"chunks": []} x)", R"({"page_count": 1, "chunks": {}})"}) {
    write(text);
    EXPECT_FALSE(inspect_output(std::move(*stored()))) << text;
  }
}

TEST_F(OutputFile, ImagesAreReplacedWhereverABlockEnds) {
  for (std::size_t padding = (48 << 10) - 60; padding < (48 << 10) + 5; ++padding) {
    const std::string filler(padding, 'x');
    write(R"({"chunks":[")" + filler +
          R"(","chunkr-local:images/a-1.png","chunkr-local:images/gone.png","chunkr-local:"]})");
    const auto output = inspect_output(std::move(*stored()));
    ASSERT_TRUE(output);
    ASSERT_EQ(chunks(*output),
              R"([")" + filler + R"(","<a-1.png>","chunkr-local:images/gone.png","chunkr-local:"])")
        << padding;
  }
}

}  // namespace
}  // namespace chunkrd::local::server

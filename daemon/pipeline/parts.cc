#include "pipeline/parts.h"

#include <algorithm>

#include "artifacts/files.h"
#include "artifacts/report.h"

namespace chunkrd::pipeline {
namespace {

namespace fs = std::filesystem;
using config::Artifact;

bool has(const config::Profile& profile, Artifact artifact) {
  return std::ranges::find(profile.artifacts, artifact) != profile.artifacts.end();
}

void write_report_once(const fs::path& folder, const std::string& title) {
  const fs::path report = folder / artifacts::kReportName;
  if (fs::exists(report)) return;
  std::optional<fs::path> pdf = folder / artifacts::kPdfName;
  if (!fs::exists(*pdf)) pdf.reset();
  // Under its name only when it is whole.
  fs::path half = report;
  half += ".part";
  artifacts::write_report(folder / artifacts::kResultName, pdf, title, half);
  fs::rename(half, report);
}

// The pictures' folder is named after the document, and what shows them has to know it.
std::optional<artifacts::PictureFolder> pictures_of(const fs::path& folder, const std::string& base,
                                                    bool with_pictures) {
  if (!with_pictures) return std::nullopt;
  return artifacts::PictureFolder{folder / artifacts::kPicturesName, base + ".images"};
}

outbox::Part html_part(const fs::path& folder, const std::string& title, bool with_pictures) {
  const auto write_for = [folder, title, with_pictures](const std::string& base) {
    artifacts::write_html(folder / artifacts::kResultName, title, pictures_of(folder, base, with_pictures),
                          folder / "document.html");
  };
  return {".html", folder / "document.html", write_for};
}

outbox::Part markdown_part(const fs::path& folder, bool with_pictures) {
  const auto write_for = [folder, with_pictures](const std::string& base) {
    artifacts::write_markdown(folder / artifacts::kResultName, pictures_of(folder, base, with_pictures),
                              folder / "document.md");
  };
  return {".md", folder / "document.md", write_for};
}

}  // namespace

// A part that others are made from comes behind them: it becomes visible later, so that after a crash it is
// still there for those that have to be made again.
std::vector<outbox::Part> make_parts(const fs::path& folder, const std::string& title,
                                     const config::Profile& profile) {
  const fs::path result = folder / artifacts::kResultName;
  std::vector<outbox::Part> parts{{".json", result}};
  // Else an interrupted delivery has made everything visible, or the result has to be fetched again.
  const bool there = fs::exists(result);
  const auto add = [&](Artifact artifact, const char* suffix, const char* name, const auto& write) {
    if (!has(profile, artifact)) return;
    parts.push_back({suffix, folder / name});
    if (there) write(folder / name);
  };
  const auto fetched = [](const fs::path&) {};
  const bool with_pictures = has(profile, Artifact::images);
  if (has(profile, Artifact::markdown)) parts.push_back(markdown_part(folder, with_pictures));
  add(Artifact::text, ".txt", "document.txt", [&](const fs::path& to) { artifacts::write_text(result, to); });
  add(Artifact::chunks, ".chunks.ndjson", "chunks.ndjson",
      [&](const fs::path& to) { artifacts::write_chunks(result, title, to); });
  add(Artifact::report, ".report.html", artifacts::kReportName,
      [&](const fs::path&) { write_report_once(folder, title); });
  if (has(profile, Artifact::html)) parts.push_back(html_part(folder, title, with_pictures));
  if (!fs::exists(folder / artifacts::kNoPdfName)) add(Artifact::pdf, ".pdf", artifacts::kPdfName, fetched);
  add(Artifact::images, ".images", artifacts::kPicturesName, fetched);
  return parts;
}

bool lacks_collected(const fs::path& folder, const config::Profile& profile) {
  const auto lacks = [&](const char* name) { return !fs::exists(folder / name); };
  return lacks(artifacts::kResultName) ||
         (has(profile, Artifact::pdf) && lacks(artifacts::kPdfName) && lacks(artifacts::kNoPdfName)) ||
         (has(profile, Artifact::images) && lacks(artifacts::kPicturesName));
}

}  // namespace chunkrd::pipeline

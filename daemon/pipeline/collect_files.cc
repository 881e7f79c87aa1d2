#include "pipeline/collect_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "pipeline/decision.h"

namespace chunkrd::pipeline {
namespace {

using artifacts::Files;
using artifacts::PictureList;
using config::Artifact;
using lifecycle::Collected;
using lifecycle::FileLater;
using lifecycle::FileRefused;
using taskapi::NoAnswer;
using taskapi::Refusal;
using taskapi::Saved;
using taskapi::Unreadable;

// Files of one document that are fetched at the same time.
constexpr std::size_t kBatch = 64;

bool has(const config::Profile& profile, Artifact artifact) {
  return std::ranges::find(profile.artifacts, artifact) != profile.artifacts.end();
}

// Why a file is not there: nothing, when it is.
using Failure = std::optional<std::variant<std::string, FileLater, NoAnswer>>;

Failure failure_of(const taskapi::Answer<Saved>& answer, const std::string& what) {
  return std::visit(lifecycle::Match{
                        [](const Saved&) -> Failure { return std::nullopt; },
                        [&](const Refusal& refusal) -> Failure {
                          std::string why =
                              fmt::format("{}: HTTP {} from the storage", what, refusal.http_status);
                          if (refusal.http_status == 408 || refusal.http_status == 425 ||
                              refusal.http_status == 429 || refusal.http_status >= 500)
                            return FileLater{std::move(why)};
                          return why;
                        },
                        [&](const NoAnswer& none) -> Failure {
                          if (none.cause == NoAnswer::Cause::local_file) return none;
                          return FileLater{what + ": " + none.message};
                        },
                        [&](const Unreadable& text) -> Failure { return what + ": " + text.message; },
                    },
                    answer);
}

/// Whose files are fetched, and on which threads they are looked at.
struct Whose {
  const queue::Job& job;
  const Place& place;
};

// Fetches one file. What the storage sends with a 200 may be anything: it has to look like what was asked
// for.
awaitable<Failure> fetch(Whose whose, std::string url, std::filesystem::path into, std::string what,
                         std::optional<std::string> (*fault_of)(const std::filesystem::path&),
                         Context& context) {
  taskapi::NewFile file{into, context.for_fetching(whose.job, whose.place)};
  if (auto failure = failure_of(co_await context.tasks.download(std::move(url), std::move(file)), what))
    co_return failure;
  auto fault = co_await context.on_files(whose.job, whose.place, [fault_of, into] { return fault_of(into); });
  if (fault) co_return what + ": " + *fault;
  co_return std::nullopt;
}

// Fetches pictures of `batch` one after the other; ends at the first failure of any of its like.
awaitable<void> fetch_some(Whose whose, const std::vector<PictureList::Picture>& batch, std::size_t& next,
                           Failure& failure, Context& context) {
  while (!failure && next < batch.size()) {
    const PictureList::Picture& picture = batch[next++];
    auto wrong = co_await fetch(whose, picture.url, picture.into,
                                "the picture of segment " + picture.into.filename().native(),
                                artifacts::fault_of_picture, context);
    if (wrong) failure = std::move(wrong);
  }
}

awaitable<Failure> fetch_pictures(Whose whose, const std::filesystem::path& folder, Context& context) {
  using namespace asio::experimental::awaitable_operators;
  PictureList list(folder);
  Failure failure;
  while (!failure) {
    const auto batch =
        co_await context.on_files(whose.job, whose.place, [&list] { return list.next(kBatch); });
    if (batch.empty()) break;
    std::size_t next = 0;
    const auto some = [&] { return fetch_some(whose, batch, next, failure, context); };
    co_await (some() && some() && some() && some());
  }
  co_return failure;
}

Collected collected(Failure failure, const artifacts::Summary& result, FileRefused::Need need) {
  return std::visit(
      lifecycle::Match{
          [&](std::string& why) -> Collected { return FileRefused{result, std::move(why), need}; },
          [](auto& other) -> Collected { return std::move(other); },
      },
      *failure);
}

}  // namespace

artifacts::FilesWanted files_wanted(const config::Profile& profile) {
  return {.pdf = has(profile, Artifact::pdf) || has(profile, Artifact::report),
          .pictures = has(profile, Artifact::images)};
}

awaitable<Collected> collect_files(const queue::Job& job, const Place& place, std::filesystem::path folder,
                                   const config::Profile& profile, Context& context) {
  using Need = FileRefused::Need;
  const auto wanted = files_wanted(profile);
  const Need pdf_need = has(profile, Artifact::pdf) ? Need::must : Need::may_miss;
  auto taken = co_await context.on_files(job, place,
                                         [folder, wanted] { return artifacts::take_files(folder, wanted); });
  if (auto* broken = std::get_if<artifacts::Broken>(&taken)) co_return std::move(*broken);
  const Files& files = std::get<Files>(taken);
  if (!lifecycle::is_whole(job, files.summary)) co_return files.summary;

  if (!files.missing_pictures.empty())
    co_return FileRefused{files.summary, "the result has no address of " + files.missing_pictures,
                          Need::must};
  if (auto failure = co_await fetch_pictures({job, place}, folder, context))
    co_return collected(std::move(failure), files.summary, Need::must);
  // Last: what else is wanted is there when it turns out that we do without.
  Failure pdf;
  if (files.pdf_url)
    pdf = co_await fetch({job, place}, *files.pdf_url, folder / artifacts::kPdfName, "the PDF",
                         artifacts::fault_of_pdf, context);
  if (wanted.pdf && files.summary.task.pdf_url && !files.has_pdf && !files.pdf_url)
    pdf = std::string("the PDF: neither a file nor its address is in the result");
  const bool drop_pdf = pdf.has_value();
  co_await context.on_files(job, place, [folder, wanted, drop_pdf] {
    // Half a PDF is none.
    if (drop_pdf) std::filesystem::remove(folder / artifacts::kPdfName);
    artifacts::keep_files(folder, wanted);
  });
  if (pdf) co_return collected(std::move(pdf), files.summary, pdf_need);
  co_return files.summary;
}

}  // namespace chunkrd::pipeline

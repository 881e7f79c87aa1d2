#include "metrics/people_page.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "core/base64.h"
#include "core/counted.h"
#include "core/escape.h"
#include "core/iso_time.h"
#include "metrics/labels.h"

namespace chunkrd::metrics {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --ink: #1c2128; --dim: #5c6670; --paper: #f7f8f9; --card: #fff; --line: #e1e5e8;
  --good: #1a7f37; --bad: #b3261e; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e7eb; --dim: #9aa4ae; --paper: #14181c; --card: #1c2126;
  --line: #2d343b; --good: #56c271; --bad: #ff8a80; --warn: #f0b44c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; }
.dim, small { color: var(--dim); }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin-top: 1.25rem; }
.numbers div, .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.numbers b { display: block; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.card { margin-bottom: .5rem; }
.pause { border-left: .25rem solid var(--warn); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td { padding: .375rem .75rem .375rem 0; border-top: 1px solid var(--line); vertical-align: top; }
td.number { text-align: right; width: 6rem; padding-right: 0; }
code { font: .875rem ui-monospace, monospace; background: var(--paper); border: 1px solid var(--line);
  border-radius: .25rem; padding: 0 .25rem; }
footer { margin-top: 2.5rem; color: var(--dim); font-size: .875rem; }
a { color: inherit; }
)";

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : harmless(text)) {
    switch (c) {
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '&':
        html += "&amp;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string clock_time(WallTime time) {
  return to_iso(time).substr(0, 16).replace(10, 1, " ") + " UTC";
}

std::string brief(Duration length) {
  if (length < 1min) return fmt::format("{} s", std::max<std::int64_t>(0, length / 1s));
  if (length < 2h) return fmt::format("{} min", length / 1min);
  if (length < 48h) return fmt::format("{} h", length / 1h);
  return fmt::format("{} days", length / 24h);
}

std::string ago(WallTime then, WallTime now) {
  return fmt::format("<time datetime=\"{}\" title=\"{}\">{} ago</time>", to_iso(then), clock_time(then),
                     brief(now - then));
}

std::int64_t count_of(const queue::StateCounts& counts, queue::State state) {
  return counts[index(state)];
}

std::int64_t unfinished(const queue::StateCounts& counts) {
  return std::accumulate(
      std::begin(kOnTheWay), std::end(kOnTheWay), std::int64_t{0},
      [&](std::int64_t sum, const StateLabel& label) { return sum + count_of(counts, label.state); });
}

// What a state means to somebody who has not read the documentation.
std::string_view meaning(queue::State state) {
  using queue::State;
  switch (state) {
    case State::claiming:
      return "being taken out of the inbox";
    case State::ready:
      return "ready to be submitted";
    case State::submitting:
      return "submitted, the answer is looked for";
    case State::submitted:
      return "at the service";
    case State::collecting:
      return "result to be fetched";
    case State::delivering:
      return "result on its way into the outbox";
    case State::delivered:
      return "delivered, the original is to be put away";
    case State::burying:
      return "failed, on its way into failed/";
    case State::removing:
      return "its tasks are to be deleted at the service";
    case State::updating:
      return "new settings are to be sent";
    case State::reparsing:
      return "at the service again, with new settings";
    case State::retrying:
      return "to be tried once more";
    default:
      return "";
  }
}

class Writer {
 public:
  Writer(const Overview& overview, WallTime now) : of_(overview), now_(now) {}

  void headline(const std::vector<std::string>& trouble) {
    if (trouble.empty() && of_.pauses.empty())
      put("<h1 class=\"good\">chunkrd is working</h1>\n");
    else if (trouble.empty())
      put("<h1 class=\"warn\">chunkrd is paused</h1>\n");
    else
      put("<h1 class=\"bad\">chunkrd needs somebody</h1>\n");
    if (of_.draining) put("<p class=\"warn\">It is draining: nothing new is taken, then it ends.</p>\n");
    for (const std::string& line : trouble) put("<p class=\"bad\">{}</p>\n", escaped(line));
    put("<p class=\"dim\">Version {}, running for {}. As of {}.</p>\n", escaped(of_.version),
        brief(now_ - of_.started_at), clock_time(of_.now));
  }

  void numbers() {
    put("<div class=\"numbers\">\n");
    const auto hour = of_.last_hour;
    const std::string when = hour.length < 59min ? brief(hour.length) : "hour";
    number(std::to_string(hour.delivered), "delivered in the last " + when);
    number(std::to_string(hour.failed), "failed in the last " + when, hour.failed > 0 ? "bad" : "");
    number(std::to_string(unfinished(of_.counts)), "on their way");
    number(of_.oldest ? brief(now_ - *of_.oldest) : "none", "the oldest of them waits");
    paid(of_.today.documents, of_.budget.documents, "documents");
    paid(of_.today.pages, of_.budget.pages, "pages");
    put("</div>\n");
  }

  void pauses() {
    if (of_.pauses.empty()) return;
    put("<h2>Paused</h2>\n");
    for (const auto& pause : of_.pauses)
      put("<div class=\"card pause\"><b>{}</b> <small>since {}{}</small><p>{}</p></div>\n",
          escaped(pause.cause), clock_time(pause.since),
          pause.until ? ", tried again at " + clock_time(*pause.until) : "", escaped(pause.detail));
  }

  void running() {
    put("<h2>Running now</h2>\n");
    if (of_.running.empty()) put("<p class=\"dim\">Nothing at this moment.</p>\n");
    table(of_.running, [&](const Overview::Running& step) {
      put("<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td></tr>\n", escaped(step.step),
          escaped(step.name), brief(now_ - step.since));
    });
    if (of_.running_count > of_.running.size())
      put("<p class=\"dim\">and {} more</p>\n", of_.running_count - of_.running.size());
  }

  void queue() {
    put("<h2>The queue</h2>\n");
    if (unfinished(of_.counts) == 0) put("<p class=\"dim\">No document waits.</p>\n");
    std::vector<StateLabel> states;
    std::ranges::copy_if(kOnTheWay, std::back_inserter(states),
                         [&](const StateLabel& label) { return count_of(of_.counts, label.state) > 0; });
    table(states, [&](const StateLabel& label) {
      put("<tr><td>{} <small>{}</small></td><td class=\"number\">{}</td></tr>\n", label.label,
          meaning(label.state), count_of(of_.counts, label.state));
    });
  }

  void inboxes() {
    put("<h2>Inboxes</h2>\n");
    table(of_.inboxes, [&](const Overview::Inbox& inbox) {
      put("<tr><td>{}{}</td><td class=\"number\">{} settling</td></tr>\n", escaped(inbox.path), notes(inbox),
          inbox.settling);
    });
  }

  void failures() {
    put("<h2>Last failures</h2>\n");
    if (of_.failures.empty()) put("<p class=\"dim\">None that the queue knows of.</p>\n");
    for (const auto& failure : of_.failures)
      put("<div class=\"card\"><b>{}</b> <small>{}, {}</small><p>{}</p>"
          "<p><small>Once it is mended:</small> <code>chunkrd retry {}</code></p></div>\n",
          escaped(failure.name), ago(failure.at, now_), escaped(failure.code), escaped(failure.message),
          escaped(failure.id));
  }

  void deliveries() {
    put("<h2>Last deliveries</h2>\n");
    if (of_.deliveries.empty()) put("<p class=\"dim\">None that the queue knows of.</p>\n");
    table(of_.deliveries, [&](const Overview::Ended& document) {
      put("<tr><td>{} <small>{}</small></td><td class=\"number\">{}</td></tr>\n", escaped(document.name),
          ago(document.at, now_), document.pages ? counted(*document.pages, "page") : "");
    });
  }

  std::string take() { return std::move(html_); }

 private:
  template <class... Arguments>
  void put(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(html_), format, std::forward<Arguments>(arguments)...);
  }

  template <class Rows, class Row>
  void table(const Rows& rows, Row row) {
    if (std::empty(rows)) return;
    put("<table>\n");
    for (const auto& each : rows) row(each);
    put("</table>\n");
  }

  void number(std::string_view value, std::string_view title, std::string_view look = "") {
    put("<div><b class=\"{}\">{}</b><small>{}</small></div>\n", look, value, title);
  }

  void paid(int paid, int budget, std::string_view what) {
    number(std::to_string(paid), budget > 0 ? fmt::format("of {} {} paid for today", budget, what)
                                            : fmt::format("{} paid for today", what));
  }

  static std::string notes(const Overview::Inbox& inbox) {
    std::string text;
    if (!inbox.available) text += " <small class=\"bad\">cannot be read: is it mounted?</small>";
    if (inbox.unclaimed > 0)
      text += fmt::format(
          " <small class=\"warn\">{} files that nobody works on: <code>chunkrd check</code> tells "
          "why</small>",
          inbox.unclaimed);
    return text;
  }

  const Overview& of_;
  const WallTime now_;
  std::string html_;
};

std::string page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"refresh\" content=\"30\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n"
      "{}</body>\n</html>\n",
      title, kStyle, body);
}

}  // namespace

std::string people_page(const Overview& overview, const std::vector<std::string>& trouble, WallTime now) {
  Writer writer(overview, now);
  writer.headline(trouble);
  writer.numbers();
  writer.pauses();
  writer.failures();
  writer.running();
  writer.queue();
  writer.inboxes();
  writer.deliveries();
  const bool well = trouble.empty() && overview.pauses.empty();
  return page(well              ? "chunkrd is working"
              : trouble.empty() ? "chunkrd is paused"
                                : "chunkrd needs somebody",
              writer.take() +
                  "<footer>Looks again every 30 seconds. <a href=\"/metrics\">/metrics</a> "
                  "<a href=\"/healthz\">/healthz</a> <a href=\"/readyz\">/readyz</a></footer>\n");
}

std::string starting_page() {
  return page("chunkrd is starting",
              "<h1>chunkrd is starting</h1>\n<p class=\"dim\">Looks again every 30 "
              "seconds.</p>\n");
}

std::string people_page_policy() {
  static const std::string policy = [] {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    ::SHA256(reinterpret_cast<const unsigned char*>(kStyle.data()), kStyle.size(), digest);
    std::string base64;
    append_base64({reinterpret_cast<const char*>(digest), sizeof digest}, base64);
    return "default-src 'none'; style-src 'sha256-" + base64 +
           "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  }();
  return policy;
}

}  // namespace chunkrd::metrics

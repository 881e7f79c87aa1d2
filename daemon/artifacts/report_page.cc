#include "artifacts/report_page.h"

#include <openssl/sha.h>

#include <array>

#include "core/base64.h"

namespace chunkrd::artifacts {

const std::string_view kReportStyle = R"css(
:root { color-scheme: light dark; --ground: #f3f4f6; --card: #fff; --ink: #16202c; --soft: #5b6675; --line: #dfe3e8; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181d; --card: #1d232a; --ink: #e6eaef; --soft: #9aa5b1; --line: #323a44; }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
header { position: sticky; top: 0; z-index: 5; display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; align-items: center; padding: .6rem 1.25rem; background: var(--card); border-bottom: 1px solid var(--line); }
h1 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
header p { margin: 0; color: var(--soft); font-size: .85rem; }
header .go { margin-left: auto; color: var(--soft); font-size: .85rem; }
header .go input { width: 4.5rem; font: inherit; padding: .1rem .3rem; }
fieldset { flex-basis: 100%; display: flex; flex-wrap: wrap; gap: .3rem .45rem; border: 0; margin: 0; padding: 0; }
fieldset label { display: inline-flex; align-items: center; gap: .35rem; padding: .1rem .6rem .1rem .4rem; border: 1px solid var(--line); border-radius: 99px; font-size: .8rem; cursor: pointer; }
fieldset input { accent-color: var(--c); margin: 0; }
fieldset span { color: var(--soft); }
.page { display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: .5rem 1.5rem; max-width: 1500px; margin: 0 auto; padding: 1rem 1.25rem 1.5rem; content-visibility: auto; contain-intrinsic-size: auto 900px; scroll-margin-top: 6rem; }
.page h2 { grid-column: 1 / -1; margin: 0; font-size: .85rem; font-weight: 600; color: var(--soft); }
.sheet { position: sticky; top: 6.5rem; align-self: start; background: #fff; border: 1px solid var(--line); border-radius: 4px; overflow: hidden; box-shadow: 0 1px 4px #0002; }
.sheet img { position: absolute; inset: 0; width: 100%; height: 100%; }
.sheet figcaption { position: absolute; right: .6rem; bottom: .4rem; color: #8a94a0; font-size: .75rem; }
.box { position: absolute; border: 1.5px solid var(--c); border-radius: 2px; background: color-mix(in srgb, var(--c) 9%, transparent); cursor: pointer; }
.box b { position: absolute; left: -1.5px; bottom: 100%; padding: 0 .35em; border-radius: 3px 3px 0 0; background: var(--c); color: #fff; font-size: 10px; line-height: 1.35; font-weight: 600; white-space: nowrap; opacity: .85; pointer-events: none; }
.box.low b { bottom: auto; top: 0; border-radius: 0 0 3px 0; }
.box.on, .box:hover { background: color-mix(in srgb, var(--c) 30%, transparent); box-shadow: 0 0 0 2px var(--c); z-index: 2; }
.box.on b { opacity: 1; }
.texts { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: .45rem; }
.texts li { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--c); border-radius: 4px; padding: .35rem .75rem .5rem; cursor: pointer; scroll-margin: 7rem 0 2rem; }
.texts li.on { background: color-mix(in srgb, var(--c) 14%, var(--card)); border-color: var(--c); }
.texts li:focus-visible { outline: 3px solid var(--c); outline-offset: 1px; }
.texts b { font-size: .72rem; font-weight: 600; color: var(--c); }
.texts pre { margin: 0; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
.texts .table { overflow-x: auto; }
.texts table { border-collapse: collapse; font-size: .85rem; }
.texts td, .texts th { border: 1px solid var(--line); padding: .15rem .45rem; text-align: left; vertical-align: top; }
.k-Title pre { font-size: 1.25rem; font-weight: 700; } .k-SectionHeader pre { font-size: 1.05rem; font-weight: 600; }
.none { color: var(--soft); }
.k-Title { --c: #b4233c; } .k-SectionHeader { --c: #c2570c; } .k-Text { --c: #2563c9; } .k-ListItem { --c: #0b7d86; }
.k-Table { --c: #187a3d; } .k-Picture { --c: #8439c7; } .k-Caption { --c: #b3277f; } .k-Formula { --c: #7a5c00; }
.k-Footnote { --c: #53606f; } .k-PageHeader { --c: #6b7280; } .k-PageFooter { --c: #6b7280; } .k-Page { --c: #2563c9; }
.k-Other { --c: #414fb0; }
@media (prefers-color-scheme: dark) { .texts b { color: color-mix(in srgb, var(--c) 55%, #fff); } }
footer { max-width: 1500px; margin: 0 auto; padding: .5rem 1.25rem 3rem; color: var(--soft); font-size: .8rem; }
@media (max-width: 800px) { .page { grid-template-columns: 1fr; } .sheet { position: relative; top: 0; } }
@media print {
  :root { color-scheme: light; --ground: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; }
  header { position: static; } header .go, fieldset { display: none; }
  .page { display: block; content-visibility: visible; break-after: page; }
  .sheet { position: relative; top: 0; margin-bottom: 1rem; box-shadow: none; }
  .box, .box.on, .box:hover { background: none; box-shadow: none; }
  .box b { background: none; color: var(--c); opacity: 1; font-size: 7px; }
  .texts li, .texts li.on { background: none; break-inside: avoid; }
  .texts b { color: var(--c); }
  .texts .table { overflow: visible; }
}
)css";

const std::string_view kReportScript = R"js(
'use strict';
(() => {
  const part = (kind, n) => document.getElementById(kind + n);
  const number = node => {
    const element = node instanceof Element ? node.closest('[data-n]') : null;
    return element ? element.dataset.n : null;
  };
  let lit = null;
  const light = n => {
    if (n === lit) return;
    for (const kind of ['b', 't']) {
      if (lit !== null) part(kind, lit).classList.remove('on');
      if (n !== null) part(kind, n).classList.add('on');
    }
    lit = n;
  };
  document.addEventListener('mouseover', event => light(number(event.target) ?? number(document.activeElement)));
  document.addEventListener('focusin', event => light(number(event.target)));
  document.addEventListener('focusout', () => light(null));
  document.addEventListener('click', event => {
    const n = number(event.target);
    if (n === null) return;
    const box = event.target.closest('.box');
    if (box) {
      event.preventDefault();
      part('t', n).focus({ preventScroll: true });
      part('t', n).scrollIntoView({ block: 'nearest' });
    } else if (!event.target.closest('a')) {
      part('b', n).scrollIntoView({ block: 'nearest' });
    }
  });
  document.addEventListener('keydown', event => {
    const n = number(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (n === null || !step) return;
    event.preventDefault();
    for (let next = +n + step, text; (text = part('t', next)); next += step) {
      if (text.hidden) continue;
      text.focus();
      return;
    }
  });
  document.addEventListener('change', event => {
    const kind = event.target.dataset.k;
    if (kind) for (const element of document.querySelectorAll('main .k-' + kind)) element.hidden = !event.target.checked;
    const page = event.target.id === 'go' && document.getElementById('p' + event.target.value);
    if (page) page.scrollIntoView();
  });
})();
)js";

std::string report_policy() {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(kReportScript.data()), kReportScript.size(), digest.data());
  std::string hash;
  append_base64({reinterpret_cast<const char*>(digest.data()), digest.size()}, hash);
  return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" + hash +
         "'; base-uri 'none'; form-action 'none'";
}

}  // namespace chunkrd::artifacts

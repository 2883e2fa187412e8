/** HTML as text: escaping, and the frame of both report pages. A page loads nothing. */

import type {Outcome} from './record.ts';
import type {Answer} from './verdict.ts';

/** Text escaped for HTML, both between tags and in quoted attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export interface Page {
  readonly title: string;
  readonly subtitle: string;
  /** HTML. */
  readonly body: string;
  /** The page's data, embedded as JSON. */
  readonly data: unknown;
}

/** A complete page, light or dark according to the reader's system. */
export function pageOf({title, subtitle, body, data}: Page): string {
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header><h1>${escaped(title)}</h1><p class="muted">${escaped(subtitle)}</p></header>
${body}
</main>
<script type="application/json" id="record">${json}</script>
</body>
</html>
`;
}

/** A named figure, which programs find by `data-figure`. */
export function tile(name: string, key: string, value: number, text: string, note = ''): string {
  const small = note === '' ? '' : `<small>${escaped(note)}</small>`;
  return `<div class="tile"><span>${escaped(name)}</span><strong data-figure="${key}" data-value="${value}">${escaped(text)}</strong>${small}</div>`;
}

/** The answers at the top of a page. */
export function answersSection(answers: readonly Answer[]): string {
  const cards = answers.map(
    ({question, headline, detail}) =>
      `<div class="answer"><h2>${escaped(question)}</h2><strong>${escaped(headline)}</strong><p>${escaped(detail)}</p></div>`,
  );
  return `<div class="answers">${cards.join('')}</div>`;
}

/** A note about a run that failed or was interrupted; nothing for any other. */
export function outcomeLine({state, reason}: Outcome, consolation: string): string {
  if (state === 'done') return '';
  const what =
    state === 'interrupted' ? 'The run was interrupted.' : `The run failed${reason === undefined ? '' : `: ${reason}`}.`;
  return `<p class="outcome" data-outcome="${state}">${escaped(`${what} ${consolation}`)}</p>`;
}

export function section(title: string, body: string): string {
  return `<section><h2>${escaped(title)}</h2>${body}</section>`;
}

const style = `
:root{--bg:#f6f7f9;--card:#fff;--ink:#1b2230;--muted:#5c6675;--line:#dde2ea;--grid:#e9edf2;
--start:#5aa9a0;--queue:#9aa4b2;--job:#d98e04;--download:#2f6fdb;--sweep:#7a52c7;--paused:#d13b3b;--idle:#cfd8e3;--rate:#2f6fdb;--memory:#0f8a6d;--credit:#d98e04}
@media (prefers-color-scheme:dark){:root{--bg:#12151b;--card:#1b2029;--ink:#e8ecf3;--muted:#9aa5b5;--line:#2d3542;--grid:#262d38;
--start:#4f9a92;--queue:#6d7787;--job:#f0b13c;--download:#6ea2ff;--sweep:#a98bf0;--paused:#ff7070;--idle:#364152;--rate:#6ea2ff;--memory:#3ccaa4;--credit:#f0b13c}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 16px 48px}
h1{font-size:24px;margin:0}h2{font-size:16px;margin:0 0 12px}
.muted,small{color:var(--muted)}header p{margin:4px 0 16px}
.outcome{margin:0 0 16px;padding:10px 14px;border-left:4px solid var(--paused);background:var(--card)}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:12px;margin-bottom:12px}
.answer{padding:14px 16px;background:var(--card);border:1px solid var(--line);border-radius:10px}
.answer h2{font-size:13px;font-weight:500;color:var(--muted);margin:0 0 4px}.answer strong{font-size:20px;font-weight:600}
.answer p{margin:4px 0 0;color:var(--muted);font-size:14px}
section,.tile{background:var(--card);border:1px solid var(--line);border-radius:10px}
section{padding:16px;margin-top:16px;overflow:hidden}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.tile{padding:12px 14px}.tile span,.tile small{display:block;font-size:13px;color:var(--muted)}
.tile strong{font-size:22px;font-weight:600;font-variant-numeric:tabular-nums}
.legend{display:flex;flex-wrap:wrap;gap:6px 16px;margin:0 0 12px;font-size:13px;color:var(--muted)}
.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px}
.lane{display:grid;grid-template-columns:minmax(76px,14%) 1fr;gap:10px;align-items:center;margin:6px 0}
.lane b{font-weight:500;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.track{position:relative;height:22px;background:var(--grid);border-radius:4px;overflow:hidden}
.track i{position:absolute;top:0;bottom:0;min-width:1px}
.track .hold{background:repeating-linear-gradient(45deg,var(--paused) 0 4px,transparent 4px 8px)}
.legend i.hold{background:repeating-linear-gradient(45deg,var(--paused) 0 3px,transparent 3px 6px)}
.legend i.mark{width:2px}
.track u{position:absolute;top:0;bottom:0;width:2px;background:var(--paused)}
.axis{position:relative;height:18px;font-size:12px;color:var(--muted)}
.axis span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.axis span:first-child{transform:none}.axis span:last-child{transform:translateX(-100%)}
.start{background:var(--start)}.queue{background:var(--queue)}.job{background:var(--job)}.download{background:var(--download)}
.sweep{background:var(--sweep)}.paused{background:var(--paused)}.idle{background:var(--idle)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:20px}
.chart h3{font-size:13px;font-weight:500;color:var(--muted);margin:0 0 6px}
.chart svg{display:block;width:100%;height:130px;background:var(--grid);border-radius:4px}
.chart path{fill:none;stroke-width:2;vector-effect:non-scaling-stroke}
.chart path.area{stroke:none;opacity:.16}
.bar{display:grid;grid-template-columns:minmax(70px,12%) 1fr 136px;gap:10px;align-items:center;margin:5px 0;font-variant-numeric:tabular-nums}
.bar div{height:18px;border-radius:4px;background:var(--grid)}.bar div i{display:block;height:100%;border-radius:4px;background:var(--rate);min-width:2px}
.bar.memory div i{background:var(--memory)}.bar.other div i{background:var(--queue)}.bar span:last-child{text-align:right}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px 5px 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:500;color:var(--muted);font-size:13px;white-space:normal;vertical-align:bottom;min-width:64px}
th:first-child,td:first-child{position:sticky;left:0;background:var(--card)}th:first-child,td:first-child,.text{text-align:left}
td:last-child.text{white-space:normal;overflow-wrap:anywhere}.scroll{overflow-x:auto}
`;

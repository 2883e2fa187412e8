/** The page of a capture: what it waited for, what limited its rate, and what it cost. Pure. */
import {grouped, spanText} from '../terminal/table.ts';
import {answersSection, escaped, outcomeLine, pageOf, section, tile} from './html.ts';
import {chart, ratesOf, timeline} from './pictures.ts';
import {activities, activityNames, type ModuleRecord, type RunRecord} from './record.ts';
import {answersOf, callNames} from './verdict.ts';

export function capturePage(record: RunRecord): string {
  const {elapsedMs, samples, modules} = record;
  const megabytes = (bytes: number): string => `${grouped(bytes / 1e6)} MB`;
  const charts = [
    {title: 'Documents a second', color: 'rate', points: ratesOf(samples, elapsedMs), text: grouped},
    {
      title: 'Resident memory',
      color: 'memory',
      points: samples.map(({atMs, rssBytes}) => ({atMs, value: rssBytes})),
      text: megabytes,
    },
    {title: 'Credits spent', color: 'credit', points: samples.map(({atMs, credits}) => ({atMs, value: credits})), text: grouped},
  ];
  return pageOf({
    title: 'Capture report',
    subtitle: `Zoho CRM, ${modules.length} ${modules.length === 1 ? 'module' : 'modules'}, began ${record.began.slice(0, 16).replace('T', ' ')} UTC, source-zoho ${record.version}`,
    data: record,
    body: [
      outcomeLine(record.outcome, 'Everything captured until then is saved; the same command continues from there.'),
      answersSection(answersOf(record)),
      `<div class="tiles">${tiles(record)}</div>`,
      section('What each module did', timeline(record)),
      section('Over time', `<div class="charts">${charts.map((series) => chart(series, elapsedMs)).join('')}</div>`),
      section('Modules', moduleTable(modules)),
      section('Credits', creditTable(record)),
      incidentSection(record),
    ].join('\n'),
  });
}

function tiles({documents, elapsedMs, calls, credits, rssPeakBytes}: RunRecord): string {
  const rate = elapsedMs > 0 ? Math.round((documents * 1_000) / elapsedMs) : 0;
  return [
    tile('Documents', 'documents', documents, grouped(documents)),
    tile('Time', 'seconds', Math.round(elapsedMs) / 1_000, spanText(elapsedMs)),
    tile('Documents a second', 'rate', rate, grouped(rate), 'over the whole run'),
    tile('Credits', 'credits', credits, grouped(credits)),
    tile('API calls', 'calls', calls, grouped(calls)),
    tile('Peak memory', 'rss', rssPeakBytes, `${grouped(rssPeakBytes / 1e6)} MB`),
  ].join('');
}

function moduleTable(modules: readonly ModuleRecord[]): string {
  const used = activities.filter((activity) => modules.some(({spans}) => spans.some((span) => span.activity === activity)));
  const head = [
    'Module',
    'Documents',
    'Deletions',
    'Dropped',
    'Left out',
    'Sweeps',
    ...used.map((activity) => activityNames[activity]),
  ];
  const rows = modules.map((module) => {
    const times = used.map((activity) => spanText(timeOf(module, activity)));
    const counts = (['documents', 'deletions', 'dropped', 'quarantined', 'sweeps'] as const).map(
      (key) =>
        `<td data-of="${escaped(module.module)}" data-figure="${key}" data-value="${module[key]}">${grouped(module[key])}</td>`,
    );
    const fault = module.fault === undefined ? '' : `<br><small>${escaped(module.fault)}</small>`;
    return `<tr><td class="text">${escaped(module.module)}${fault}</td>${counts.join('')}${times.map((text) => `<td>${text}</td>`).join('')}</tr>`;
  });
  return table(head, rows);
}

function timeOf({spans}: ModuleRecord, activity: string): number {
  return spans.filter((span) => span.activity === activity).reduce((sum, {fromMs, toMs}) => sum + toMs - fromMs, 0);
}

function creditTable({creditsBy, credits}: RunRecord): string {
  const rows = Object.entries(creditsBy).map(([kind, count]) => {
    const part = credits > 0 ? Math.round((100 * count) / credits) : 0;
    return `<tr><td class="text">${escaped(callNames[kind] ?? kind)}</td><td>${grouped(count)}</td><td>${part} %</td></tr>`;
  });
  return table(['Calls', 'Credits', 'Share'], rows);
}

function incidentSection({incidents, incidentsLeftOut}: RunRecord): string {
  if (incidents.length === 0) return section('Warnings and retries', '<p class="muted">None.</p>');
  const rows = incidents.map(
    ({atMs, level, message}) =>
      `<tr><td>${spanText(atMs)}</td><td class="text">${levelNames[level] ?? 'retry'}</td><td class="text">${escaped(message)}</td></tr>`,
  );
  const more = incidentsLeftOut > 0 ? `<p class="muted">${grouped(incidentsLeftOut)} more are in the log.</p>` : '';
  return section('Warnings and retries', table(['At', 'Kind', 'Message'], rows) + more);
}

const levelNames: Readonly<Record<string, string>> = {warn: 'warning', error: 'error'};

/** Columns of text, which are left-aligned. */
const texts: readonly string[] = ['Kind', 'Message'];

function table(head: readonly string[], rows: readonly string[]): string {
  const titles = head.map((title) => `<th${texts.includes(title) ? ' class="text"' : ''}>${escaped(title)}</th>`).join('');
  return `<div class="scroll"><table><thead><tr>${titles}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

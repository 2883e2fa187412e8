/**
 * Charts of a run: a timeline per module, and values over time. Widths are shares, so they fit any
 * screen.
 */
import {spanText} from '../terminal/table.ts';
import {escaped} from './html.ts';
import {activities, activityNames, type Incident, type RunRecord, type Sample} from './record.ts';

/** Marks on the time axis of the timeline and of a chart, including both ends. */
const laneMarks = 5;
const chartMarks = 3;

/** The lane for events that concern all modules. */
const commonLane = 'All calls';

/**
 * The activity of each module, from the start to the end of the run. Warnings and retries are red
 * marks, in their module's lane if it is known. Delays by Zoho's limits have their own lane.
 */
export function timeline({modules, incidents, holds, elapsedMs}: RunRecord): string {
  const used = activities.filter((activity) => modules.some(({spans}) => spans.some((span) => span.activity === activity)));
  const legend = used.map((activity) => `<span><i class="${activity}"></i>${escaped(activityNames[activity])}</span>`);
  if (holds.length > 0) legend.push("<span><i class='hold'></i>delayed by Zoho's limits</span>");
  if (incidents.length > 0) legend.push('<span><i class="paused mark"></i>warning or retry</span>');
  const lanes = modules.map(({module, spans}) => {
    const bars = spans.map(({activity, phase, fromMs, toMs}) => {
      const title = `${phase}, ${spanText(toMs - fromMs)}`;
      return `<i class="${activity}" style="${place(fromMs, toMs, elapsedMs)}" title="${escaped(title)}"></i>`;
    });
    return lane(
      module,
      bars,
      marksOf(
        incidents.filter((incident) => incident.module === module),
        elapsedMs,
      ),
    );
  });
  const common = incidents.filter(({module}) => !modules.some((each) => each.module === module));
  if (holds.length + common.length > 0) {
    const bars = holds.map(({reason, fromMs, toMs}) => {
      const title = `${reason}, ${spanText(toMs - fromMs)}`;
      return `<i class="hold" style="${place(fromMs, toMs, elapsedMs)}" title="${escaped(title)}"></i>`;
    });
    lanes.push(lane(commonLane, bars, marksOf(common, elapsedMs)));
  }
  return `<div class="legend">${legend.join('')}</div>${lanes.join('')}<div class="lane"><b></b>${axis(elapsedMs, laneMarks)}</div>`;
}

function lane(name: string, bars: readonly string[], marks: readonly string[]): string {
  return `<div class="lane" data-module="${escaped(name)}"><b title="${escaped(name)}">${escaped(name)}</b><div class="track">${bars.join('')}${marks.join('')}</div></div>`;
}

function marksOf(incidents: readonly Incident[], elapsedMs: number): string[] {
  return incidents.map(({atMs, message}) => `<u style="left:${share(atMs, elapsedMs)}%" title="${escaped(message)}"></u>`);
}

function axis(elapsedMs: number, marks: number): string {
  const ticks = Array.from({length: marks}, (_, i) => (i * elapsedMs) / (marks - 1));
  return `<div class="axis">${ticks.map((ms) => `<span style="left:${share(ms, elapsedMs)}%">${spanText(ms)}</span>`).join('')}</div>`;
}

function place(fromMs: number, toMs: number, elapsedMs: number): string {
  return `left:${share(fromMs, elapsedMs)}%;width:${share(toMs - fromMs, elapsedMs)}%`;
}

function share(ms: number, elapsedMs: number): string {
  return elapsedMs > 0 ? ((100 * ms) / elapsedMs).toFixed(2) : '0';
}

export interface Series {
  readonly title: string;
  /** Name of the colour's CSS variable, without dashes. */
  readonly color: string;
  readonly points: readonly {readonly atMs: number; readonly value: number}[];
  /** Formats the largest value. */
  readonly text: (value: number) => string;
}

/** A line chart over the run, from zero to the largest value, which is in the title. */
export function chart({title, color, points, text}: Series, elapsedMs: number): string {
  const largest = points.reduce((max, {value}) => Math.max(max, value), 0);
  const at = ({atMs, value}: Series['points'][number]): string => {
    const x = elapsedMs > 0 ? (1_000 * atMs) / elapsedMs : 0;
    return `${x.toFixed(1)} ${largest > 0 ? (98 - (94 * value) / largest).toFixed(2) : 98}`;
  };
  const line = points.map(at).join('L');
  const ends = points.length === 0 ? '' : `M${line}L1000 98L0 98Z`;
  return `<div class="chart"><h3>${escaped(title)}, at most ${escaped(text(largest))}</h3><svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="${escaped(title)}"><path class="area" style="fill:var(--${color})" d="${ends}"/><path style="stroke:var(--${color})" d="${line === '' ? '' : `M${line}`}"/></svg>${axis(elapsedMs, chartMarks)}</div>`;
}

/** Points of a rate's line. Fewer would hide bursts; more would show only the sampling. */
const rateSteps = 60;

/** Documents a second in equal parts of the run. */
export function ratesOf(samples: readonly Sample[], elapsedMs: number): {atMs: number; value: number}[] {
  const stepMs = elapsedMs / rateSteps;
  if (!(stepMs > 0)) return [];
  return Array.from({length: rateSteps}, (_, i) => {
    const [from, to] = [documentsAt(samples, i * stepMs), documentsAt(samples, (i + 1) * stepMs)];
    return {atMs: (i + 0.5) * stepMs, value: ((to - from) * 1_000) / stepMs};
  });
}

/** Documents written up to a moment, interpolated between two samples. */
function documentsAt(samples: readonly Sample[], atMs: number): number {
  const next = samples.findIndex((sample) => sample.atMs >= atMs);
  if (next < 0) return samples.at(-1)?.documents ?? 0;
  const [before, after] = [samples[next - 1], samples[next]!];
  if (before === undefined) return after.documents;
  const part = (atMs - before.atMs) / (after.atMs - before.atMs);
  return before.documents + part * (after.documents - before.documents);
}

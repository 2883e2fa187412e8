/** What a report page tells of a run: plain data, written into the page as JSON beside the pictures made of it. */

/** What a module waits for or works on, as the page colours it. */
export const activities = ['start', 'queue', 'job', 'download', 'sweep', 'paused', 'idle'] as const;
export type Activity = (typeof activities)[number];

/** The words for each activity in legends and sentences. */
export const activityNames: Readonly<Record<Activity, string>> = {
  start: 'reading metadata',
  queue: 'waiting for a turn',
  job: "waiting for Zoho's job",
  download: 'downloading',
  sweep: 'reading changes',
  paused: 'paused after a fault',
  idle: 'up to date',
};

/** A stretch of time in which a module did one thing. Milliseconds since the run began. */
export interface Span {
  readonly activity: Activity;
  /** The phase as progress names it. */
  readonly phase: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ModuleRecord {
  readonly module: string;
  readonly documents: number;
  readonly deletions: number;
  /** Bulk rows left out because something newer of the record was captured. */
  readonly dropped: number;
  readonly sweeps: number;
  readonly fault: string | undefined;
  readonly spans: readonly Span[];
}

/** All modules together at one moment; counts since the run began. */
export interface Sample {
  readonly atMs: number;
  readonly documents: number;
  readonly rssBytes: number;
  readonly calls: number;
  readonly credits: number;
}

/** A warning or a retry, as the log has it. */
export interface Incident {
  readonly atMs: number;
  readonly level: string;
  readonly message: string;
  readonly module: string | undefined;
}

export interface RunRecord {
  /** When the run began, RFC 3339. */
  readonly began: string;
  readonly version: string;
  readonly elapsedMs: number;
  readonly documents: number;
  readonly calls: number;
  readonly credits: number;
  /** Credits by kind of call; kinds without a call are left out. */
  readonly creditsBy: Readonly<Record<string, number>>;
  readonly rssPeakBytes: number;
  readonly modules: readonly ModuleRecord[];
  readonly samples: readonly Sample[];
  readonly incidents: readonly Incident[];
  /** Incidents beyond those listed. */
  readonly incidentsLeftOut: number;
}

/** The activity behind a phase of `BindingProgress`. */
export function activityOf(phase: string, fault: string | undefined): Activity {
  if (fault !== undefined) return 'paused';
  if (phase === 'starting') return 'start';
  if (phase.startsWith('waiting to start')) return 'queue';
  if (phase.startsWith('waiting for job')) return 'job';
  if (phase.startsWith('downloading')) return 'download';
  if (phase === 'up to date') return 'idle';
  return 'sweep';
}

/** How the time of all modules was spent, as shares of their sum; activities without time are left out. Largest first. */
export function sharesOf(modules: readonly ModuleRecord[]): (readonly [Activity, number])[] {
  const spans = modules.flatMap((module) => module.spans);
  const total = spans.reduce((sum, {fromMs, toMs}) => sum + toMs - fromMs, 0);
  if (total === 0) return [];
  const byActivity = Map.groupBy(spans, ({activity}) => activity);
  return [...byActivity]
    .map(([activity, own]) => [activity, own.reduce((sum, {fromMs, toMs}) => sum + toMs - fromMs, 0) / total] as const)
    .sort(([, a], [, b]) => b - a);
}

/** What the run waited for, in a sentence. */
export function verdictOf({modules}: RunRecord): string {
  const shares = sharesOf(
    modules.map((module) => ({...module, spans: module.spans.filter(({activity}) => activity !== 'idle')})),
  );
  const [first, second] = shares;
  if (first === undefined) return 'All modules were up to date the whole time.';
  const told = (share: readonly [Activity, number]): string => `${Math.round(100 * share[1])} % ${activityNames[share[0]]}`;
  const rest = second === undefined ? '' : `, then ${told(second)}`;
  return `Of the time that modules had work to do: ${told(first)}${rest}.`;
}

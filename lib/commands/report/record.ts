/** The data of a report page, embedded in it as JSON beside the charts. */

/** What a module waits for or does; each has a colour. */
export const activities = ['start', 'queue', 'job', 'download', 'sweep', 'paused', 'idle'] as const;
export type Activity = (typeof activities)[number];

/** Names of the activities for legends and sentences. */
export const activityNames: Readonly<Record<Activity, string>> = {
  start: 'reading metadata',
  queue: 'waiting for a turn',
  job: "waiting for Zoho's jobs",
  download: 'downloading',
  sweep: 'reading changes',
  paused: 'paused after a fault',
  idle: 'up to date',
};

/** A period in which a module did one thing. Milliseconds since the run began. */
export interface Span {
  readonly activity: Activity;
  /** The phase as in the progress. */
  readonly phase: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ModuleRecord {
  readonly module: string;
  readonly documents: number;
  readonly deletions: number;
  /** Bulk rows omitted because a newer version of the record was captured. */
  readonly dropped: number;
  /** Rows omitted because they cannot become documents. */
  readonly quarantined: number;
  readonly sweeps: number;
  readonly fault: string | undefined;
  readonly spans: readonly Span[];
}

/** Totals over all modules at one moment, counted since the run began. */
export interface Sample {
  readonly atMs: number;
  readonly documents: number;
  readonly rssBytes: number;
  readonly calls: number;
  readonly credits: number;
}

/** A period in which Zoho's limits delayed calls. */
export interface Hold {
  readonly reason: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A warning or a retry, as in the log. */
export interface Incident {
  readonly atMs: number;
  readonly level: string;
  readonly message: string;
  /** Its module; absent if it concerns all, or none that is known. */
  readonly module: string | undefined;
}

/** How a run ended. */
export interface Outcome {
  readonly state: 'done' | 'interrupted' | 'failed';
  /** Why it failed. */
  readonly reason?: string | undefined;
}

export interface RunRecord {
  readonly outcome: Outcome;
  /** When the run began, RFC 3339. */
  readonly began: string;
  readonly version: string;
  readonly elapsedMs: number;
  readonly documents: number;
  readonly calls: number;
  readonly credits: number;
  /** The organisation's remaining credits, if Zoho has reported them. */
  readonly creditsLeft: number | undefined;
  /** Credits by kind of call, without kinds that were not called. */
  readonly creditsBy: Readonly<Record<string, number>>;
  readonly rssPeakBytes: number;
  readonly modules: readonly ModuleRecord[];
  readonly samples: readonly Sample[];
  readonly holds: readonly Hold[];
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

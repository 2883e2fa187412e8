/** Messages between the benchmark and a contender. */
import type {PageFile} from './pages.ts';

/** What a contender has to do. */
export interface Task {
  readonly page: PageFile;
  /** Pages per binding. */
  readonly pages: number;
  readonly bindings: number;
  readonly coql: boolean;
  /** URL of the page server. */
  readonly url: string;
}

/** A contender's report at its end. */
export interface Report {
  /** Documents written; lines or bytes for the floors. */
  readonly count: number;
  /** Processor time of the whole process, and of its work without starting and loading. */
  readonly cpuS: number;
  readonly workCpuS: number;
  readonly rssBytes: number;
}

/** Performs the task; returns the count for its report. */
export type Contender = (task: Task) => Promise<number>;

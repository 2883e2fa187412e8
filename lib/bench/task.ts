/** What passes between the benchmark and a contender. */
import type {PageFile} from './pages.ts';

/** What a contender is to do. */
export interface Task {
  readonly page: PageFile;
  /** Pages of each binding. */
  readonly pages: number;
  readonly bindings: number;
  readonly coql: boolean;
  /** Where the pages can be downloaded. */
  readonly url: string;
}

/** What a contender says of itself when it is done. */
export interface Report {
  /** Documents written; for the floors, lines or bytes seen. */
  readonly count: number;
  /** Processor time of the whole process, and of its work without starting and loading. */
  readonly cpuS: number;
  readonly workCpuS: number;
  readonly rssBytes: number;
}

/** Does the task and gives the count of its report. */
export type Contender = (task: Task) => Promise<number>;

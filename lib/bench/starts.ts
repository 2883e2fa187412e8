/** How long commands that need no Zoho take: whole processes, from start to end. */
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {median} from './figures.ts';

export interface Start {
  readonly name: string;
  /** Median. */
  readonly ms: number;
  /** Relative to `node -e 0`. */
  readonly timesNode: number;
}

const program = fileURLToPath(new URL('../source-zoho.js', import.meta.url));

const starts = [
  {name: 'node -e 0', args: ['-e', '0'], input: ''},
  {name: 'spec request', args: [program], input: '{"spec":{}}\n'},
  {name: '--help', args: [program, '--help'], input: ''},
] as const;

/** Starts each command in turn, `rounds` times after one warm-up. Throws when one fails. */
export function measureStarts(rounds: number): Start[] {
  const times = starts.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, {name, args, input}] of starts.entries()) {
      const since = performance.now();
      const {status} = spawnSync(process.execPath, args, {input});
      const ms = performance.now() - since;
      if (status !== 0) throw new Error(`Cannot measure ${name}: it ended with code ${status}`);
      if (round > 0) times[i]!.push(ms);
    }
  }
  const medians = times.map(median);
  return starts.map(({name}, i) => ({name, ms: medians[i]!, timesNode: medians[i]! / medians[0]!}));
}

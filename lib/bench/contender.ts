/**
 * Runs one contender in a process of its own: `node contender.ts <name> '<Task as JSON>'`.
 * Documents go to standard output, the `Report` as JSON to descriptor 3.
 */
import {existsSync, readFileSync, writeSync} from 'node:fs';
import type {Contender, Report} from './task.ts';

/**
 * Ours over HTTP, from a file, and without submitting jobs ahead; then those it is compared with.
 */
const contenders: Readonly<Record<string, () => Promise<Contender>>> = {
  ours: async () => (await import('./contenders/ours.ts')).overHttp,
  'ours-file': async () => (await import('./contenders/ours-file.ts')).fromFile,
  'ours-serial': async () => (await import('./contenders/ours.ts')).oneAfterAnother,
  naive: async () => (await import('./contenders/naive.ts')).naive,
  floor: async () => (await import('./contenders/floor.ts')).floor,
  inflate: async () => (await import('./contenders/floor.ts')).inflateOnly,
  duckdb: async () => (await import('./contenders/duckdb.ts')).duckdb,
  idle: async () => async () => 0,
  broken: async () => (await import('./contenders/broken.ts')).broken,
};

const [, , name = '', task = '{}'] = process.argv;
const load = contenders[name];
if (load === undefined) throw new Error(`Cannot run the contender ${name}: there is no such contender`);
const contender = await load();
const before = process.cpuUsage();
const count = await contender(JSON.parse(task));
const work = process.cpuUsage(before);
// Output is delivered once the stream is empty; the process then ends by itself.
process.once('exit', () => {
  const {userCPUTime, systemCPUTime, maxRSS} = process.resourceUsage();
  const report: Report = {
    count,
    cpuS: (userCPUTime + systemCPUTime) / 1e6,
    workCpuS: (work.user + work.system) / 1e6,
    rssBytes: 1024 * (peakKb() ?? maxRSS),
  };
  writeSync(3, JSON.stringify(report));
});

/**
 * Peak memory of this process alone, where the system reports it. Node's figure may include its
 * parent's.
 */
function peakKb(): number | undefined {
  const status = '/proc/self/status';
  const peak = existsSync(status) ? /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1] : undefined;
  return peak === undefined ? undefined : Number(peak);
}

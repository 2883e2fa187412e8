/** Runs single cases of kept suites, with the hooks around them. */
import type {Case, Suite} from './recorder.ts';

export interface Chosen {
  readonly id: string;
  readonly suite: Suite;
  readonly one: Case;
}

export interface Outcome {
  readonly id: string;
  readonly elapsedMs: number;
  /** Time of the processor, which a busy machine does not lengthen. */
  readonly cpuMs: number;
  /** What the case or a hook threw, or what nobody waited for threw meanwhile. */
  readonly failure?: string;
}

/** How often a running case is looked at for what could still end it, and after how many looks in a row that find nothing it has failed. */
const idleCheckMs = 100;
const idleChecks = 10;
/** Processor time between two looks that is no work: compression has no handle, but takes time. */
const idleCpuMs = 2;

/** Errors that no case waits for: `node` would end on them, so they count against the case that runs. */
let onStray: (error: unknown) => void = () => undefined;
process.on('uncaughtException', (error) => onStray(error));
process.on('unhandledRejection', (error) => onStray(error));

/** Runs the cases in their order and ends at the first that fails, unless `all` are wanted. Cases of one suite share its hooks. */
export async function runCases(
  chosen: readonly Chosen[],
  {all = false, onBegin = (_: string) => {}}: {all?: boolean; onBegin?: (id: string) => void} = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const begun = new Set<Suite>();
  try {
    for (const one of chosen) {
      onBegin(one.id);
      const [begunMs, begunCpuMs] = [performance.now(), cpuMs()];
      const failure = await failureOf(async () => {
        if (!begun.has(one.suite)) for (const hook of one.suite.before) await hook(one.suite.context);
        begun.add(one.suite);
        await runOne(one);
      });
      const times = {elapsedMs: performance.now() - begunMs, cpuMs: cpuMs() - begunCpuMs};
      outcomes.push({id: one.id, ...times, ...(failure === undefined ? {} : {failure})});
      if (failure !== undefined && !all) break;
    }
    return outcomes;
  } finally {
    for (const {after, context} of begun) for (const hook of after) await failureOf(async () => hook(context));
  }
}

async function runOne({suite, one}: Chosen): Promise<void> {
  try {
    for (const hook of suite.beforeEach) await hook(suite.context);
    await one.handler(suite.context);
  } finally {
    for (const hook of suite.afterEach) await hook(suite.context);
  }
}

/** The message of what went wrong, or undefined. Work that nothing can end any more has failed: on its own, `node` would have ended early. */
async function failureOf(work: () => unknown): Promise<string | undefined> {
  const {promise: stray, reject} = Promise.withResolvers<never>();
  onStray = reject;
  const before = process.getActiveResourcesInfo().length;
  let [idle, lastCpuMs] = [0, cpuMs()];
  const watch = setInterval(() => {
    const works = cpuMs() - lastCpuMs > idleCpuMs || process.getActiveResourcesInfo().length > before;
    [idle, lastCpuMs] = [works ? 0 : idle + 1, cpuMs()];
    if (idle === idleChecks) reject(new Error('waits for what nothing brings about'));
  }, idleCheckMs).unref();
  try {
    await Promise.race([stray, work()]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : `threw ${typeof error}`;
  } finally {
    clearInterval(watch);
    onStray = () => undefined;
  }
}

function cpuMs(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1_000;
}

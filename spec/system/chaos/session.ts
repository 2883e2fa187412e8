/**
 * One session of the connector's process under chaos: how it is read, when it ends, and what is
 * committed.
 */
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import {type FlowTask, linesOf, logged, main} from '../../harness/flow-runtime.ts';
import {Session} from '../../harness/runtime.ts';
import type {Defect} from './defects.ts';
import type {RoundPlan} from './plan.ts';

export type SessionPlan = Pick<RoundPlan, 'reader' | 'lines' | 'lifeMs' | 'end' | 'committed' | 'beforeLargest'>;

export interface SessionOptions {
  readonly task: FlowTask;
  readonly plan: SessionPlan;
  /** Name of a defect to plant. */
  readonly defect?: Defect | undefined;
  /** Asked after every line: whether the session may end now. */
  readonly until?: (session: Session) => boolean;
  readonly onLine?: (count: number) => void;
}

export interface SessionEnd {
  readonly documents: number;
  /** How it ended: by us, or with the error that the connector logged last. */
  readonly ended: 'killed' | 'stopped' | {readonly failure: string; readonly code: number};
  /** Violations of the protocol, or of an orderly stop. */
  readonly violations: readonly string[];
  readonly logs: readonly {readonly level: string; readonly message: string}[];
}

/** Real time for the process to start. */
const startMaxMs = 20_000;

const fastProcess = new URL('fast-process.ts', import.meta.url).href;
const planters = new URL('defects.ts', import.meta.url).href;

/** Runs the connector once, for at most the planned life and the time for stopping. */
export async function chaosSession({task, plan, defect, until, onLine}: SessionOptions): Promise<SessionEnd> {
  const session = new Session(task.options.bindings.map((binding) => task.collectionOf(binding)));
  const planted = defect === undefined ? [] : ['--import', plantedBy(defect)];
  const child = spawn(process.execPath, ['--import', fastProcess, ...planted, main], {
    env: {PATH: process.env.PATH, LOG_FORMAT: 'json', LOG_LEVEL: 'info'},
  });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const logs = logged(child);
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify({open: task.openRequest()})}\n`);
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    child.kill(plan.end);
  };
  // Its life begins with its first line, so a slow start does not count.
  let life = setTimeout(stop, startMaxMs);
  const violations: string[] = [];
  /** Documents of each sequence. */
  const sizes: number[] = [];
  let counted = 0;
  let count = 0;
  for await (const line of linesOf(child.stdout)) {
    if (stopped && plan.end === 'SIGKILL') continue;
    try {
      session.read(line);
    } catch (error) {
      violations.push(`broke the protocol: ${error instanceof Error ? error.message : String(error)}`);
      child.kill('SIGKILL');
      break;
    }
    if (session.checkpoints > sizes.length) {
      sizes.push(session.documents - counted);
      counted = session.documents;
    }
    onLine?.(++count);
    if (count === 1) {
      clearTimeout(life);
      life = setTimeout(stop, plan.lifeMs);
    }
    if (count >= plan.lines || until?.(session)) stop();
    if (plan.reader.everyLines > 0 && count % plan.reader.everyLines === 0) await delay(plan.reader.pauseMs);
  }
  const [code] = await closed;
  clearTimeout(life);
  const failure = code !== null && code !== 0 ? (logs.findLast(({level}) => level === 'error')?.message ?? '') : undefined;
  // With the place in the code.
  for (const entry of logs)
    if (entry.level === 'error' && / unexpected /.test(entry.message)) violations.push(JSON.stringify(entry));
  if (failure === '') violations.push(`ended with code ${code} and no reason`);
  if (code === 0 && !stopped) violations.push('ended by itself, and well');
  if (code === 0 && session.halfSequence) violations.push('stopped between documents and their checkpoint');
  session.commit(task, committedOf(plan, sizes));
  return {
    documents: session.documents,
    ended: failure === undefined ? (plan.end === 'SIGKILL' ? 'killed' : 'stopped') : {failure, code: code ?? 0},
    violations,
    logs,
  };
}

/** How many of the sequences read were committed. */
function committedOf({committed, beforeLargest}: SessionPlan, sizes: readonly number[]): number {
  const share = Math.floor(committed * sizes.length);
  const rest = sizes.slice(share);
  return beforeLargest && rest.length > 0 ? share + rest.indexOf(Math.max(...rest)) : share;
}

function plantedBy(defect: Defect): string {
  assert.match(defect, /^[\w -]+$/);
  return `data:text/javascript,import {plant} from '${planters}'; plant('${defect}')`;
}

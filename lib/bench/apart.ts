/** Measures in a child process, which ends with everything it started when the signal aborts. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {Outcome, Session, Told} from './session.ts';

const sessionFile = fileURLToPath(new URL('session.ts', import.meta.url));

/** Runs a session to its end and returns its outcome; `onDoing` receives its progress. */
export async function measureApart(session: Session, signal: AbortSignal, onDoing: (doing: string) => void): Promise<Outcome> {
  signal.throwIfAborted();
  // A process group of its own, for the contenders and the server that it starts.
  const child = spawn(process.execPath, [sessionFile, JSON.stringify(session)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  });
  const {pid} = child;
  if (pid === undefined) throw new Error('Cannot start the process that measures');
  const kill = (): void => {
    process.kill(-pid, 'SIGKILL');
  };
  let last: Exclude<Told, {doing: string}> | undefined;
  child.on('message', (told: Told) => {
    if ('doing' in told) onDoing(told.doing);
    else last = told;
  });
  signal.addEventListener('abort', kill, {once: true});
  const [code] = await once(child, 'close').finally(() => signal.removeEventListener('abort', kill));
  signal.throwIfAborted();
  if (last === undefined) throw new Error(`Cannot measure: the process that measures ended with code ${code}`);
  if ('failure' in last) throw new Error(last.failure);
  return last.outcome;
}

/** Measures in a child process, which ends with everything it started when the signal aborts. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {Figures} from './figures.ts';
import type {Message, Outcome, Session} from './session.ts';

const sessionFile = fileURLToPath(new URL('session.ts', import.meta.url));

/** Receives a session's progress, and the figures of each case once they are complete. */
export interface Listener {
  onDoing(doing: string): void;
  onMeasured?(figures: readonly Figures[]): void;
}

/** Runs a session to its end and returns its outcome. */
export async function measureApart(session: Session, signal: AbortSignal, listener: Listener): Promise<Outcome> {
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
  let last: Exclude<Message, {doing: string} | {measured: readonly Figures[]}> | undefined;
  child.on('message', (message: Message) => {
    if ('doing' in message) listener.onDoing(message.doing);
    else if ('measured' in message) listener.onMeasured?.(message.measured);
    else last = message;
  });
  signal.addEventListener('abort', kill, {once: true});
  const [code] = await once(child, 'close').finally(() => signal.removeEventListener('abort', kill));
  signal.throwIfAborted();
  if (last === undefined) throw new Error(`Cannot measure: the process that measures ended with code ${code}`);
  if ('failure' in last) throw new Error(last.failure);
  return last.outcome;
}

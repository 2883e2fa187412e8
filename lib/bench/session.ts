/**
 * The measuring process. It often only reads a pipe for seconds, so another process has to be able
 * to stop it.
 */
import type {Case} from './cases.ts';
import {type Figures, figuresOf} from './figures.ts';
import {measure} from './measure.ts';
import {makePage, type PageFile} from './pages.ts';
import {idleBytes} from './run.ts';
import {measureStarts, type Start} from './starts.ts';

/** What to measure: cases, with a folder for their pages and pipes, or starts. */
export type Session =
  | {readonly cases: readonly Case[]; readonly rounds: number; readonly folder: string}
  | {readonly startsPerRound: number};

/** The result. */
export type Outcome = {readonly figures: readonly Figures[]} | {readonly starts: readonly Start[]};

/**
 * Messages to the process that started it: its progress, the figures of a case, its outcome, or its
 * failure.
 */
export type Message =
  | {readonly doing: string}
  | {readonly measured: readonly Figures[]}
  | {readonly outcome: Outcome}
  | {readonly failure: string};

function send(message: Message): void {
  process.send?.(message);
}

async function measureAll(cases: readonly Case[], rounds: number, folder: string): Promise<Figures[]> {
  const pages = new Map<string, PageFile>();
  const idle = await idleBytes(folder);
  const figures: Figures[] = [];
  for (const what of cases) {
    const key = `${what.shape} ${what.rows} ${what.coql}`;
    if (!pages.has(key)) send({doing: `${what.name}: making a page of ${what.rows} rows`});
    const page = pages.get(key) ?? (await makePage(folder, what.shape, what.rows, what.coql));
    pages.set(key, page);
    const onRun = (contender: string, round: number): void =>
      send({doing: `${what.name}: ${contender}, ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`});
    const measured = figuresOf(await measure(what, page, {rounds, folder, onRun}), idle);
    send({measured});
    figures.push(...measured);
  }
  return figures;
}

process.on('disconnect', () => process.exit(1));
try {
  const session: Session = JSON.parse(process.argv[2] ?? '');
  if ('cases' in session) send({outcome: {figures: await measureAll(session.cases, session.rounds, session.folder)}});
  else send({outcome: {starts: measureStarts(session.startsPerRound)}});
} catch (error) {
  send({failure: error instanceof Error ? error.message : String(error)});
}
process.disconnect?.();

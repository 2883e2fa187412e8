/** Runs with a report: the page is written when the run ends, however it ends. */

import {ConfigError} from '../../errors/errors.ts';
import {explainSystemErrors} from '../../errors/system.ts';
import {tryPrivate, writePrivate} from '../../sinks/files/disk.ts';
import {type CommandContext, exit, say} from '../host.ts';
import {refuseExisting} from '../new-file.ts';
import type {Outcome} from './record.ts';

export interface ReportArguments {
  /** File for the page. */
  readonly report?: string;
  /** Replace an existing file. */
  readonly force?: boolean;
}

/**
 * Runs a command and writes its page. A run that fails because of its arguments (`ConfigError`)
 * leaves no page.
 *
 * @throws ConfigError before the run when `file` exists, or cannot be written.
 */
export async function reported(
  host: CommandContext,
  file: string,
  {force}: ReportArguments,
  run: () => Promise<number>,
  pageOf: (outcome: Outcome) => Promise<string>,
): Promise<number> {
  await explainSystemErrors(`write ${file}`, async () => {
    await refuseExisting(file, force, 'pass --report for another file');
    await tryPrivate(file);
  });
  let outcome: Outcome;
  let end: () => number;
  try {
    const code = await run();
    outcome = {state: code === exit.done ? 'done' : code === exit.interrupted ? 'interrupted' : 'failed'};
    end = () => code;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    outcome = host.signal.aborted ? {state: 'interrupted'} : {state: 'failed', reason};
    end = () => {
      throw error;
    };
  }
  await write(file, await pageOf(outcome), host, outcome);
  return end();
}

/** The page must not hide the failure of the run. */
async function write(file: string, page: string, host: CommandContext, {state}: Outcome): Promise<void> {
  try {
    await explainSystemErrors(`write ${file}`, () => writePrivate(file, page));
    say(host, `The report is in ${file}`);
  } catch (error) {
    if (state !== 'failed') throw error;
    host.log('error', error instanceof Error ? error.message : String(error));
  }
}

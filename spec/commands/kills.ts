/** Local captures killed at any moment, and what their directory then holds beside what Zoho does. */
import {readFile} from 'node:fs/promises';
import {CapturedFile} from '../../lib/commands/verify/captured.ts';
import {Comparison} from '../../lib/commands/verify/compare.ts';
import {propertiesOf} from '../../lib/commands/verify/properties.ts';
import {randomFrom} from '../../lib/sandbox/hash.ts';
import type {Sandbox} from '../../lib/sandbox/server.ts';
import {parseManifest} from '../../lib/sinks/files/manifest.ts';
import type {KillsOutcome} from '../system/proof/kills.ts';
import type {Shell} from './shell.ts';

/** A sandbox for it. Who starts one process after another asks for more tokens than Zoho grants. */
export const killSandbox = {
  records: 5_000,
  switches: {rowsPerJob: 2_000, jobMs: 20, tokensPerWindow: 1_000_000, downloadsPerMinute: 1_000_000},
};

export interface Compared {
  /** Lines of each module's file. */
  readonly lines: readonly number[];
  readonly differences: readonly string[];
}

/** Compares the directory `out` with what the sandbox holds. */
export async function compared(shell: Shell, sandbox: Sandbox, modules: readonly string[]): Promise<Compared> {
  const journal = parseManifest(await readFile(shell.path('out/state.json'), 'utf8'), 'out');
  const lines: number[] = [];
  const differences: string[] = [];
  for (const module of modules) {
    const [, entry] = Object.entries(journal.files).find(([collection]) => collection.endsWith(module))!;
    const file = await CapturedFile.open(shell.path(`out/${entry.file}`), entry.bytes);
    // What only one API reads is there or not, as the record came last.
    const {bulkOnly, coqlOnly, neither} = sandbox.org.readers(module);
    const comparison = new Comparison(file, {ignored: new Set([...bulkOnly, ...coqlOnly, ...neither])});
    const left = new Set(file.ids());
    for (const text of sandbox.org.truth(module)) {
      const record = propertiesOf(text);
      const id = record.get('id')!;
      left.delete(id);
      if (comparison.present(id)) comparison.values(id, record);
    }
    differences.push(...comparison.shown.map(({id, what}) => `${module} ${id}: ${what}`));
    differences.push(...[...left].map((id) => `${module} ${id}: extra`));
    file.close();
    lines.push(entry.lines);
  }
  return {lines, differences};
}

export interface CommandKills {
  readonly shell: Shell;
  readonly sandbox: Sandbox;
  readonly kills: number;
  readonly seed: number;
}

/** Kills `source-zoho capture` again and again, lets it end, and looks for what is missing, torn or repeated in its files. */
export async function commandKills({shell, sandbox, kills, seed}: CommandKills): Promise<KillsOutcome> {
  const command = 'capture --config config.json --module Leads,Deals --out out --once';
  const random = randomFrom(seed);
  const beforeOverlapMs = sandbox.clock.nowMs() - 120_000;
  const differences: string[] = [];
  let killed = 0;
  while (killed < kills && differences.length === 0) {
    const {signal, code, messages} = await shell.run(command, {
      whenRunning: (kill) => setTimeout(() => kill('SIGKILL'), 150 + random(600)),
    });
    if (signal === 'SIGKILL') killed++;
    else if (code !== 0) differences.push(`ended with ${code}: ${messages}`);
    if (code === 0) sandbox.org.module('Leads').insert(400);
    else if (killed % 3 === 0) sandbox.org.module('Deals').edit(sandbox.org.module('Deals').ids().next().value!);
  }
  // Changes become part of a window once they are some seconds old.
  sandbox.clock.advance(10_000);
  const {code, messages} = await shell.run(command);
  if (code !== 0) differences.push(`ended with ${code}: ${messages}`);
  const found = await compared(shell, sandbox, ['Leads', 'Deals']);
  // What changed within the last minute before a kill is in the next run's overlap, and may come again; nothing else does.
  const lines = (await readFile(shell.path('out/Leads.ndjson'), 'utf8')).trimEnd().split('\n');
  const older = lines.filter((line) => Date.parse(/"Modified_Time":"([^"]+)"/.exec(line)![1]!) < beforeOverlapMs);
  if (older.length <= 1_000) differences.push(`only ${older.length} lines are older than the overlap`);
  if (new Set(older).size !== older.length) differences.push('lines older than the overlap were repeated');
  const documents = found.lines.reduce((sum, count) => sum + count, 0);
  return {kills: killed, comparisons: 1, documents, differences: [...differences, ...found.differences]};
}

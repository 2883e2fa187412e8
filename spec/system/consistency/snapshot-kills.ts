/**
 * Captures of modules without Modified_Time that are killed at any point, with any part of their
 * output committed.
 */
import {standardModules} from '../../../lib/sandbox/org.ts';
import type {ModuleSpec} from '../../../lib/sandbox/schema/module.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';

export const snapshotNames = ['Accounts_X_Skills', 'Contacts_X_Campaigns', 'Stage_History'];

const targets = standardModules.filter(({name}) => ['Accounts', 'Campaigns', 'Contacts', 'Deals', 'Products'].includes(name));
const modules: ModuleSpec[] = [...targets, ...standardModules.filter(({name}) => snapshotNames.includes(name))];

/** A capture of three such modules. The largest has three pages, and one is empty. */
export const snapshotOptions = (more: Partial<JumpOptions> = {}): JumpOptions => ({
  modules,
  records: {
    Accounts: 20,
    Campaigns: 5,
    Contacts: 20,
    Deals: 20,
    Products: 9,
    Accounts_X_Skills: 40,
    Contacts_X_Campaigns: 130,
    Stage_History: 0,
  },
  bindings: snapshotNames.map((module) => ({module, snapshot: true})),
  ...more,
  switches: {rowsPerJob: 50, rowOrder: 'scattered', jobMs: 2_000, ...more.switches},
});

interface Kept {
  updated_at: string;
  last_count: number;
  last_digest?: string;
}

/** The saved state of a module's snapshot. */
export const kept = (capture: JumpCapture, module: string): Kept => capture.state(module).snapshot as Kept;

/** Deletes some rows at the beginning or the end of a module. */
export function removeRows(capture: JumpCapture, module: string, count: number, from: 'start' | 'end' = 'start'): void {
  const rows = capture.sandbox.org.module(module);
  const ids = [...rows.ids()];
  for (const id of from === 'start' ? ids.slice(0, count) : ids.slice(-count)) rows.delete(id);
}

export interface SnapshotKills {
  readonly kills: number;
  readonly documents: number;
  /** Times that edits paused and the collections were compared with Zoho's rows. */
  readonly comparisons: number;
  /** Kills that left a collection with parts of two snapshots. */
  readonly inTheMiddle: number;
  /** Empty if the collections were equal every time. */
  readonly differences: readonly string[];
}

const killsPerComparison = 10;

/** Grows and shrinks the modules, and kills the capture after some checkpoints of each session. */
export async function snapshotKills({kills}: {readonly kills: number}): Promise<SnapshotKills> {
  const differences: string[] = [];
  let [comparisons, inTheMiddle, documents] = [0, 0, 0];
  await JumpCapture.with(snapshotOptions(), async (capture) => {
    for (let kill = 0; kill < kills && differences.length === 0; kill++) {
      edit(capture, kill);
      await session(capture, kill);
      if (snapshotNames.some((module) => isInTheMiddle(capture, module))) inTheMiddle++;
      if (kill % killsPerComparison !== killsPerComparison - 1) continue;
      capture.start();
      await capture.catchUp();
      for (const text of capture.differences()) differences.push(`after kill ${kill + 1}: ${text}`);
      comparisons++;
      await capture.kill();
    }
    documents = capture.documents;
  });
  return {kills, documents, comparisons, inTheMiddle, differences};
}

function edit(capture: JumpCapture, kill: number): void {
  for (const module of snapshotNames) {
    const rows = capture.sandbox.org.module(module);
    const {count} = rows;
    if (count > 120 || (kill * 7 + module.length) % 3 === 0)
      removeRows(capture, module, Math.min(count, 5 + ((kill * 11) % 70)), kill % 2 === 0 ? 'start' : 'end');
    else rows.insert((kill * 13) % 60);
  }
}

/** Runs until some checkpoints after the session's first rows, or before any, and kills it. */
async function session(capture: JumpCapture, kill: number): Promise<void> {
  capture.start();
  const {documents} = capture;
  const wanted = kill % 5 === 0 ? 0 : 1 + ((kill * 17) % 9);
  let {checkpoints} = capture;
  await capture.until(() => {
    if (wanted > 0 && capture.documents === documents) checkpoints = capture.checkpoints;
    return capture.checkpoints - checkpoints >= wanted || (capture.documents > documents && kill % 4 === 3);
  });
  await capture.kill(kill % 3 === 0 ? undefined : Math.floor(kill % 7));
}

function isInTheMiddle(capture: JumpCapture, module: string): boolean {
  const snapshot = kept(capture, module);
  return snapshot !== undefined && snapshot.last_digest === undefined;
}

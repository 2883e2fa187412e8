/**
 * Secrets and values of records that can be told from everything else, and a look for them in what
 * the connector leaves behind.
 */
import assert from 'node:assert/strict';
import {readdir, readFile, stat} from 'node:fs/promises';
import {join} from 'node:path';
import type {Sandbox} from '../../../lib/sandbox/server.ts';

/** What every planted value of a record begins with. */
const inRecords = 'kanarienvogel';

/**
 * What all secrets of a sandbox have in them: secret, refresh tokens, access tokens, grant codes.
 */
const secrets = ['sandbox-secret', 'sandbox-refresh', 'sandbox-access', 'sandbox-grant'];

/** Fields of people's own data, and fields whose metadata promise something else than text. */
const planted: Readonly<Record<string, readonly string[]>> = {
  Leads: ['Last_Name', 'Company', 'Email', 'Phone', 'Website', 'Description', 'City', 'Lead_Source'],
  Contracts: ['Name', 'Clauses', 'Term_Months', 'Index_Rate', 'Signed', 'Signed_On', 'External_Key', 'Mood'],
};

export const modules: readonly string[] = Object.keys(planted);

const valuesOf = (module: string, when: string): Record<string, string> =>
  Object.fromEntries((planted[module] ?? []).map((field) => [field, `${inRecords} ${when} ${field}`]));

/** Puts canaries into records that a backfill finds: changed ones and a new one of each module. */
export function plant({org, clock}: Sandbox): void {
  for (const name of modules) {
    const module = org.module(name);
    const ids = [...module.ids()];
    for (const id of ids.slice(0, 3)) module.edit(id, valuesOf(name, 'edited'));
    module.insert(1, valuesOf(name, 'inserted'));
  }
  clock.advance(10_000);
}

/** Changes records, so that sweeps have canaries to carry. */
export function change({org, clock}: Sandbox): void {
  for (const name of modules) org.module(name).insert(2, valuesOf(name, 'later'));
  clock.advance(10_000);
}

/** Fails when a text has a secret in it, or a value of a record. `what` names the text. */
export function clean(text: string, what: string): void {
  for (const canary of [...secrets, inRecords]) {
    const at = text.indexOf(canary);
    if (at < 0) continue;
    const around = text.slice(Math.max(0, at - 120), at + canary.length + 40);
    assert.fail(`${what} holds ${canary}, in: ${around}`);
  }
}

/** Fails when a text holds no value of a record: what is clean then proves nothing. */
export function carries(text: string, what: string): void {
  assert.ok(text.includes(inRecords), `${what} has none of the planted values`);
}

/** Every file below a folder, by its path from there: its text and its mode. */
export async function filesOf(folder: string): Promise<Map<string, {text: string; mode: number}>> {
  const files = new Map<string, {text: string; mode: number}>();
  for (const entry of await readdir(folder, {recursive: true, withFileTypes: true})) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1), {text: await readFile(path, 'utf8'), mode: (await stat(path)).mode & 0o777});
  }
  return files;
}

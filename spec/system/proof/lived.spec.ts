/** Mutants that once lived: each is made again, and the case that notices it has to fail. */
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {suite} from 'uvu';
import type {KnownMutant} from '../../mutants/try-one.ts';
import {onceLived} from './lived.ts';

const lived = suite('mutants that once lived');
const script = fileURLToPath(new URL('../../mutants/try-one.ts', import.meta.url));

/** What became of a mutant; two are tried at once. */
const outcomes = new Map<KnownMutant, Promise<string>>();
const waiting = [...onceLived];
void next();
void next();

async function next(): Promise<void> {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const outcome = tried(mutant);
    outcomes.set(mutant, outcome);
    await outcome.catch(() => undefined);
  }
}

async function tried(mutant: KnownMutant): Promise<string> {
  const {stdout} = await promisify(execFile)(process.execPath, [script, JSON.stringify(mutant)], {timeout: 30_000});
  return stdout;
}

for (const mutant of onceLived) {
  lived(`${mutant.file}: ${mutant.name}`, async () => {
    while (!outcomes.has(mutant)) await Promise.race([...outcomes.values()].map((one) => one.catch(() => '')));
    assert.match(await outcomes.get(mutant)!, /^noticed: /);
  });
}

/** A change that nobody can see. */
const harmless: KnownMutant = {
  name: 'two of the codes change places',
  file: 'zoho/token-endpoint.ts',
  search: "'general_error', 'internal_error'",
  replace: "'internal_error', 'general_error'",
  spec: 'zoho/token-endpoint',
  case: 'takes what says nothing of the credentials for a failure that passes',
};

lived('do not count as noticed if they are not, or cannot be made', async () => {
  assert.equal(await tried(harmless), 'lived\n');
  await assert.rejects(
    tried({...harmless, search: 'no such text'}),
    /Cannot change lib\/zoho\/token-endpoint\.ts: it holds "no such text" 0 times/,
  );
  await assert.rejects(tried({...harmless, search: 'error'}), /"error" \d+ times instead of once/);
  await assert.rejects(tried({...harmless, case: 'no such case'}), /has 0 cases with the name "no such case"/);
  await assert.rejects(
    tried({...harmless, spec: 'zoho/scopes', case: 'any'}),
    /zoho\/scopes does not load lib\/zoho\/token-endpoint\.ts/,
  );
  await assert.rejects(tried({...harmless, replace: 'import'}), /SyntaxError/);
});

lived.run();

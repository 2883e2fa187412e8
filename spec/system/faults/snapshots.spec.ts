import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type FaultName, faultList, faultNames} from '../../../lib/sandbox/fault-list.ts';
import {standardModules} from '../../../lib/sandbox/org.ts';
import type {CallKind} from '../../../lib/sandbox/request.ts';
import {JumpCapture, type JumpOptions} from '../consistency/jump-capture.ts';

/**
 * Every fault of the sandbox under the capture of a module without Modified_Time: its collection
 * equals Zoho's rows afterwards.
 */
const faults = suite('every fault, under snapshots');

const module = 'Accounts_X_Skills';
const hour = 3_600_000;

/** Kinds of calls that a snapshot takes. */
const made = ['token', 'fields', 'create', 'status', 'result'] as const satisfies readonly CallKind[];

/** Answers for which the module is paused and tried again. */
const definite: ReadonlySet<FaultName> = new Set([
  'no-permission',
  'redirect',
  'refused-module',
  'no-fields',
  'empty-fields',
  'foreign-url',
]);

/**
 * What concerns every module ends the capture, as the list of every fault shows; and no row of this
 * module has text to break.
 */
const leftOut: ReadonlySet<FaultName> = new Set(['scope-mismatch', 'token-revoked', 'invalid-byte']);

const options: JumpOptions = {
  modules: standardModules.filter(({name}) => ['Accounts', 'Products', module].includes(name)),
  records: {Accounts: 20, [module]: 40},
  // Three pages.
  switches: {rowsPerJob: 15, jobMs: 2_000},
  bindings: [{module, snapshot: true}],
  timeouts: {connectMs: 1_000, headersMs: 200, idleMs: 200, callMs: 3_000, tokenMs: 500},
};

const kindsOf = (name: FaultName): readonly CallKind[] => {
  const kinds: readonly CallKind[] = faultList[name].kinds;
  return made.filter((kind) => kinds.includes(kind));
};

for (const name of faultNames.filter((name) => !leftOut.has(name) && kindsOf(name).length > 0)) {
  const kinds = kindsOf(name);
  faults(`${name}, twice to ${kinds.join(', ')}`, () =>
    JumpCapture.with(options, async (capture) => {
      for (const kind of kinds) capture.sandbox.faults.add(`${name}:${kind}*2`);
      capture.start();
      await capture.catchUp(30 * hour);
      // A refused field is asked for again after a day.
      if (name === 'refused-field') await capture.pass(25 * hour);
      else assert.deepEqual(capture.differences(), []);
      capture.sandbox.org.module(module).insert(3);
      await capture.catchUp(30 * hour);
      assert.deepEqual(capture.differences(), []);
      assert.ok(
        capture.sandbox.faults.reading().every(({hits}) => hits === 2),
        'every fault was met',
      );
      assert.equal(
        capture.logs.some((line) => line.includes('is paused')),
        definite.has(name),
        'the module is paused for a definite answer alone',
      );
    }),
  );
}

faults.run();

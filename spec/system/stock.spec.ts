/**
 * A capture of the stock metadata of a present organisation: Leads with 93 fields, and a module of
 * the types that are rare. Bulk Read delivers every record first, then COQL, because nothing but
 * its `Modified_Time` moved. No value may look different for that.
 */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {standardModules} from '../../lib/sandbox/org.ts';
import type {Answer, SandboxRequest} from '../../lib/sandbox/request.ts';
import {stockModules} from '../../lib/sandbox/schema/stock.ts';
import type {SwitchChoices} from '../../lib/sandbox/switches.ts';
import type {Reduced} from '../harness/runtime.ts';
import {JumpCapture, type JumpOptions} from './consistency/jump-capture.ts';

const stock = suite('Stock metadata');

/** Where lookups of the stock modules lead. */
const targets = standardModules.filter(({name}) => ['Accounts', 'Contacts', 'Deals'].includes(name));

/** Refused calls, by module of their job or query. */
class Refusals {
  readonly counts = new Map<string, number>();

  readonly note = ({kind, body}: SandboxRequest, {status}: Answer): void => {
    if (status < 400 || (kind !== 'create' && kind !== 'coql')) return;
    const name = stockModules.find((module) => body.toString().includes(module.name))?.name ?? 'another';
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  };
}

const options = (switches: SwitchChoices, onExchange?: JumpOptions['onExchange']): JumpOptions => ({
  modules: [...stockModules, ...targets],
  records: 100,
  bindings: stockModules.map(({name}) => ({module: name})),
  switches,
  ...(onExchange && {onExchange}),
});

/** What was captured of a module, by id, without the time of its last change. */
function valuesOf(capture: JumpCapture, module: string): Map<string, Reduced> {
  capture.commit();
  const documents = [...capture.task.collections.of(`acme/${module}`)];
  return new Map(documents.map(([id, {Modified_Time: _, ...values}]): [string, Reduced] => [id, values as Reduced]));
}

/** Properties that differ between two captures of the same records, where both have them. */
function changed(before: ReadonlyMap<string, Reduced>, after: ReadonlyMap<string, Reduced>): string[] {
  const names = new Set<string>();
  for (const [id, values] of before) {
    for (const [name, value] of Object.entries(values)) {
      const other = after.get(id)?.[name];
      if (JSON.stringify(value) !== JSON.stringify(other))
        names.add(`${name}: ${JSON.stringify(value)}, then ${JSON.stringify(other)}`);
    }
  }
  return [...names].slice(0, 10);
}

const dialects: readonly [string, SwitchChoices][] = [
  ['as usual', {}],
  [
    'with lists joined by commas, in upper case and without added columns',
    {listSeparator: ',', booleans: 'upper', addedColumns: false},
  ],
];

for (const [how, switches] of dialects) {
  stock(`changes no value when only Modified_Time moves, ${how}`, () =>
    JumpCapture.with(options(switches), async (capture) => {
      capture.start();
      await capture.catchUp();
      const before = stockModules.map(({name}) => valuesOf(capture, name));
      for (const {name} of stockModules) {
        const module = capture.sandbox.org.module(name);
        module.massEdit(module.ids(), {});
      }
      await capture.catchUp();
      for (const [i, {name}] of stockModules.entries()) {
        const after = valuesOf(capture, name);
        assert.equal(after.size, capture.sandbox.org.module(name).count);
        assert.deepEqual(changed(before[i]!, after), [], name);
      }
      assert.deepEqual(
        capture.logs.filter((line) => line.includes('paused')),
        [],
      );
    }),
  );
}

stock('costs no more than three refused calls a module at a second start', () => {
  const refusals = new Refusals();
  return JumpCapture.with(options({}, refusals.note), async (capture) => {
    capture.start();
    await capture.catchUp();
    const keepsRefusals = 'fields' in capture.state('Leads');
    await capture.kill();
    refusals.counts.clear();
    const module = capture.sandbox.org.module('Leads');
    module.massEdit([...module.ids()].slice(0, 20));
    capture.start();
    await capture.catchUp();
    assert.ok(refusals.counts.size <= stockModules.length);
    // What is not in the state has to be found out again.
    if (keepsRefusals)
      for (const [name, count] of refusals.counts) assert.ok(count <= 3, `${count} refused calls of module ${name}`);
  });
});

stock('has 93 fields of Leads and 14 of Appointments, the id of a record among them', () => {
  const counts = stockModules.map(({name, fields}) => [name, fields.length + 1]);
  assert.deepEqual(counts, [
    ['Leads', 93],
    ['Appointments__s', 14],
  ]);
});

stock.run();

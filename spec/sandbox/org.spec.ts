import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {churnStep} from '../../lib/sandbox/churn.ts';
import {manualClock} from '../../lib/sandbox/clock.ts';
import {randomFrom} from '../../lib/sandbox/hash.ts';
import {tableOf} from '../../lib/sandbox/module-table.ts';
import {Org, type OrgOptions} from '../../lib/sandbox/org.ts';
import {theEnd} from '../../lib/sandbox/point-in-time.ts';
import {integer, text} from '../../lib/sandbox/schema/kinds.ts';
import {startMs} from './caller.ts';

const org = suite('Org');

function orgOf(options: Partial<OrgOptions> = {}) {
  const clock = manualClock(startMs);
  const made = new Org({clock, records: 300, ...options});
  return {clock, org: made, leads: made.module('Leads'), deals: made.module('Deals')};
}

const documents = (made: Org, module: string) => [...made.truth(module)];
const visible = (made: Org, module: string) => [...tableOf(made.module(module), made.now()).scan({})];

org('is the same for the same seed, and another for another', () => {
  const [first, second, third] = [orgOf().org, orgOf().org, orgOf({seed: 2}).org];
  for (const name of first.capturable) assert.deepEqual(documents(first, name), documents(second, name));
  assert.notDeepEqual(documents(first, 'Leads'), documents(third, 'Leads'));
});

org('keeps as many records as asked for, by module or in proportion', () => {
  assert.equal(documents(orgOf().org, 'Deals').length, 150);
  const {org: made} = orgOf({records: {Deals: 7}});
  assert.deepEqual([documents(made, 'Deals').length, documents(made, 'Leads').length], [7, 0]);
  assert.equal(documents(orgOf().org, 'Solutions').length, 0);
});

org('has every data type of the sheet in some module', () => {
  const types = new Set([...orgOf().org.modules.values()].flatMap(({fields}) => fields.map(({dataType}) => dataType)));
  const sheet =
    'text textarea email phone website picklist multiselectpicklist integer bigint double currency percent boolean date datetime autonumber formula rollup_summary lookup ownerlookup userlookup multiselectlookup multiuserlookup subform fileupload imageupload profileimage event_reminder multireminder RRULE ALARM address coordinates';
  assert.deepEqual(
    sheet.split(' ').filter((type) => !types.has(type)),
    [],
  );
});

org('moves Modified_Time with an edit, and shows what was changed', () => {
  const {clock, leads} = orgOf();
  const [id = ''] = leads.ids();
  clock.advance(61_000);
  leads.edit(id, {Company: 'New & "Co"', Phone: null, No_of_Employees: '12'});
  const document = JSON.parse(leads.get(id)?.document() ?? '');
  assert.deepEqual([document.Company, document.Phone, document.No_of_Employees], ['New & "Co"', null, 12]);
  assert.equal(Date.parse(document.Modified_Time), startMs + 61_000);
});

org('gives all records of a mass edit the same second, also when it takes long', () => {
  const {org: made, leads} = orgOf();
  let ms = startMs;
  Object.assign(made.clock, {nowMs: () => (ms += 7)});
  const ids = [...leads.ids()].slice(0, 250);
  leads.massEdit(ids, {Lead_Status: 'Contacted'});
  assert.equal(new Set(ids.map((id) => leads.get(id)?.modifiedS)).size, 1);
});

org('deletes into the recycle bin or for good, and restores with or without a new Modified_Time', () => {
  const {clock, leads} = orgOf();
  const [a = '', b = '', c = ''] = leads.ids();
  const before = leads.get(a)?.modifiedS;
  for (const id of [a, b]) leads.delete(id);
  leads.delete(c, {permanent: true});
  assert.equal(leads.count, 297);
  assert.deepEqual(
    leads.deletions().map(({id, permanent}) => [id, permanent]),
    [
      [a, false],
      [b, false],
      [c, true],
    ],
  );
  clock.advance(5_000);
  leads.restore(a, {touch: false});
  leads.restore(b, {touch: true});
  assert.equal(leads.get(a)?.modifiedS, before);
  assert.equal(leads.get(b)?.modifiedS, startMs / 1_000 + 5);
  assert.throws(() => leads.restore(c, {touch: true}), /is not in the recycle bin$/);
  assert.deepEqual(
    leads.deletions().map(({id}) => id),
    [c],
  );
});

org('forgets recycled records after 60 days and permanent deletions after 120', () => {
  const {clock, leads} = orgOf();
  const [a = '', b = ''] = leads.ids();
  leads.delete(a);
  leads.delete(b, {permanent: true});
  clock.advance(60 * 86_400_000);
  assert.deepEqual(
    leads.deletions().map(({id}) => id),
    [b],
  );
  clock.advance(60 * 86_400_000);
  assert.deepEqual(leads.deletions(), []);
});

org('changes computed values without a trace when they drift', () => {
  const {org: made, deals} = orgOf();
  const computed = deals.fields.filter(({computed}) => computed).map(({name}) => name);
  const parts = () =>
    documents(made, 'Deals')
      .map((line) => JSON.parse(line))
      .map((document) => [document.Modified_Time, document.Amount, computed.map((name) => document[name])]);
  const before = parts();
  deals.driftFormulas();
  const after = parts();
  assert.deepEqual(
    after.map(([time, amount]) => [time, amount]),
    before.map(([time, amount]) => [time, amount]),
  );
  assert.ok(after.every(([, , values], i) => JSON.stringify(values) !== JSON.stringify(before[i]?.[2])));
  deals.driftFormulas(0.25);
  const changed = parts().filter(([, , values], i) => JSON.stringify(values) !== JSON.stringify(after[i]?.[2])).length;
  assert.ok(changed > 10 && changed < 100, `${changed} of 150`);
});

org('shows late changes to the APIs when their time has come, and the old version until then', () => {
  const {clock, org: made, leads} = orgOf();
  const [id = ''] = leads.ids();
  leads.edit(id, {Company: 'first'});
  leads.setVisibleLate(30_000);
  leads.edit(id, {Company: 'second'});
  const [inserted = ''] = leads.insert(1, {Last_Name: 'New'});
  const seen = (column: string, wanted: string) =>
    [...tableOf(leads, made.now()).byIds([BigInt(wanted)])].map((record) => record.json(column));
  assert.deepEqual([seen('Company', id), seen('Last_Name', inserted)], [['"first"'], []]);
  assert.equal(documents(made, 'Leads').filter((line) => line.includes('"second"')).length, 1);
  clock.advance(30_000);
  assert.deepEqual([seen('Company', id), seen('Last_Name', inserted)], [['"second"'], ['"New"']]);
  assert.equal(leads.get(id)?.modifiedS, startMs / 1_000);
});

org('has fields come and go', () => {
  const {org: made, leads} = orgOf();
  leads.addField(text('Nickname', () => 'Bo', {blanks: 0, custom: true}));
  leads.addField(integer('Shoe_Size', 50, {custom: true}));
  assert.equal(JSON.parse(documents(made, 'Leads')[0] ?? '').Nickname, 'Bo');
  leads.removeField('Nickname');
  leads.refuseField('Shoe_Size', 'bulk');
  assert.ok(!('Nickname' in JSON.parse(documents(made, 'Leads')[0] ?? '')));
  assert.ok(made.readers('Leads').coqlOnly.includes('Shoe_Size'));
  leads.refuseField('Shoe_Size', 'coql');
  assert.ok(!('Shoe_Size' in JSON.parse(documents(made, 'Leads')[0] ?? '')));
});

org('scans windows in the order of Modified_Time and id, as a sort of everything would', () => {
  fc.assert(
    fc.property(fc.integer({min: 1, max: 2 ** 30}), fc.integer({min: 0, max: 120}), (seed, steps) => {
      const {clock, org: made, leads} = orgOf({records: {Leads: 200}, seed});
      const random = randomFrom(seed);
      for (let i = 0; i < steps; i += 1) {
        if (random(10) === 0) leads.setVisibleLate(random(2) * 20_000);
        churnStep(made, random, {modules: ['Leads']});
        clock.advance(random(3) * 400);
      }
      const moment = made.now();
      const all = [...leads.records(moment)].sort((a, b) => a.modifiedS - b.modifiedS || Number(a.id - b.id));
      assert.deepEqual(
        visible(made, 'Leads').map(({id}) => id),
        all.map(({id}) => id),
      );
      const middle = all[random(all.length)]!;
      const after = tableOf(leads, moment).scan({toS: middle.modifiedS + 40, after: middle});
      const wanted = all.filter(
        (row) =>
          row.modifiedS < middle.modifiedS + 40 &&
          (row.modifiedS > middle.modifiedS || (row.modifiedS === middle.modifiedS && row.id > middle.id)),
      );
      assert.deepEqual(
        Array.from(after, ({id}) => id),
        wanted.map(({id}) => id),
      );
      assert.equal(leads.count, [...leads.records(theEnd)].length);
    }),
    {numRuns: 60},
  );
});

org('shows a moment unchanged whatever happens after it', () => {
  fc.assert(
    fc.property(fc.integer({min: 1, max: 2 ** 30}), (seed) => {
      const {clock, org: made, leads} = orgOf({records: {Leads: 120}, seed});
      const random = randomFrom(seed);
      const churn = () => {
        for (let i = 0; i < 40; i += 1) {
          churnStep(made, random, {modules: ['Leads']});
          clock.advance(random(2) * 300);
        }
      };
      churn();
      const moment = made.now();
      const before = Array.from(leads.records(moment), (record) => record.document());
      churn();
      assert.deepEqual(
        Array.from(leads.records(moment), (record) => record.document()),
        before,
      );
    }),
    {numRuns: 40},
  );
});

org('lives the same life from the same seed', () => {
  const lives = [1, 1, 2].map((seed) => {
    const {clock, org: made} = orgOf();
    const random = randomFrom(seed);
    const steps = Array.from({length: 300}, () => {
      clock.advance(500);
      return churnStep(made, random);
    });
    return {steps, truth: made.capturable.flatMap((name) => documents(made, name))};
  });
  assert.deepEqual(lives[0], lives[1]);
  assert.notDeepEqual(lives[0]?.steps, lives[2]?.steps);
  const kinds = new Set(lives[0]?.steps.map((step) => step?.what));
  assert.deepEqual([...kinds].filter((kind) => kind !== undefined).sort(), [
    'delete',
    'delete for good',
    'drift',
    'edit',
    'insert',
    'mass edit',
    'restore',
  ]);
});

org('holds a million records in no memory', () => {
  const {org: made} = orgOf({records: 1_000_000});
  const leads = made.module('Leads');
  const nowS = startMs / 1_000;
  let count = 0;
  for (const record of leads.records(theEnd)) if (record.modifiedS < nowS) count += 1;
  assert.equal(count, 1_000_000);
  const window = [...tableOf(leads, made.now()).scan({fromS: nowS - 86_400, toS: nowS - 86_340})];
  assert.ok(window.length > 5 && window.length < 9_000, `${window.length}`);
});

org.run();

import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type BindingProgress, newProgress} from '../../../lib/capture/progress.ts';
import {CaptureView, type CaptureViewOptions} from '../../../lib/commands/terminal/capture-view.ts';
import {widthOf} from '../../../lib/commands/terminal/width.ts';
import {Usage} from '../../../lib/zoho/usage.ts';

const view = suite('CaptureView');

/** A run of three modules: one is through, one is being read, one is paused. */
function running(more: Partial<CaptureViewOptions> = {}): {view: CaptureView; pass(ms: number): void; leads: BindingProgress} {
  const [leads, deals, notes] = [newProgress('Leads'), newProgress('Deals'), newProgress('Quotes')];
  Object.assign(deals, {phase: 'up to date', documents: 50_000, rows: 50_000, sweeps: 1});
  Object.assign(leads, {phase: 'downloading', range: 'backfill', documents: 25_000, rows: 25_000, pageRows: 100_000});
  Object.assign(notes, {phase: 'paused', fault: "the token's user has no permission for this"});
  let nowMs = 0;
  const clock = {elapsedMs: () => nowMs, nowMs: () => nowMs, sleep: async () => {}};
  const shown = new CaptureView({
    clock,
    bindings: [leads, deals, notes],
    expected: new Map([
      [leads, 100_000],
      [deals, 50_000],
    ]),
    spent: () => ({...new Usage().summary(), callsTotal: 12, creditsTotal: 345}),
    holdReason: () => undefined,
    colors: false,
    unicode: true,
    ...more,
  });
  return {
    view: shown,
    leads,
    pass(ms) {
      nowMs += ms;
    },
  };
}

view('tells records of how many, the rate, and the time that is left', () => {
  const {view: shown, pass} = running();
  pass(10_000);
  assert.deepEqual(shown.lines(140, 30), [
    'Leads   25,000 of 100,000  ████░░░░░░░░░░░░  25 %  2,500/s  backfill, downloading',
    'Deals              50,000                          5,000/s  up to date (1 sweep)',
    "Quotes                  0                                   paused: the token's user has no permission for this",
    '12 API calls, 345 credits',
    '10 s: 75,000 of 150,000 records (50 %), 7,500/s, about 10 s left',
  ]);
});

view('fits 60 and 80 columns, and keeps the totals on a screen of a few lines', () => {
  const {view: shown, pass} = running();
  pass(10_000);
  assert.ok(shown.lines(80, 30).every((line) => widthOf(line) < 80 || line.startsWith('Quotes')));
  assert.deepEqual(shown.lines(60, 30).slice(0, 2), [
    'Leads   25,000 of 100,000  25 %  backfill, downloading',
    'Deals              50,000        up to date (1 sweep)',
  ]);
  assert.deepEqual(shown.lines(60, 5), [
    'Leads  25,000 of 100,000  25 %  backfill, downloading',
    'and 2 more modules, 1 done',
    '12 API calls, 345 credits',
    '10 s: 75,000 of 150,000 records (50 %), about 10 s left',
  ]);
  assert.deepEqual(shown.lines(60, 3), ['12 API calls, 345 credits', '10 s: 75,000 of 150,000 records (50 %), about 10 s left']);
});

view('says why something waits, and until when', () => {
  const spent = () => ({...new Usage().summary(), nextDownloadMs: 22_400});
  assert.ok(running({spent}).view.lines(80, 30).includes('Zoho allows 10 downloads a minute; next in 23 s'));
  const holdReason = () => 'Zoho asks for fewer calls; waiting, next try at 10:00:00Z';
  const {view: shown} = running({spent, holdReason});
  assert.ok(shown.lines(80, 30).includes(holdReason()));
  assert.ok(shown.line().endsWith(holdReason()));
});

view('makes up no total where Zoho does not count, and none of what is read a second time', () => {
  const {view: unknown, pass} = running({expected: new Map()});
  pass(10_000);
  assert.equal(unknown.lines(80, 30).at(-1), '10 s: 75,000 documents, 7,500/s');
  const {view: again, leads} = running();
  leads.rows = 130_000;
  assert.match(again.lines(80, 30)[0]!, /99 % /, 'a page that came twice');
});

view('writes a short plain line elsewhere', () => {
  const {view: shown, pass} = running();
  pass(10_000);
  assert.equal(shown.line(), '10 s: 75,000 of 150,000 records (50 %), 7,500/s, about 10 s left; 1 of 3 modules done; 1 paused');
});

view('draws with ASCII alone, and colours only where told to', () => {
  const {view: shown} = running({unicode: false, colors: true});
  const [leads, deals] = shown.lines(80, 30);
  assert.match(leads!, /####\.{12}/);
  assert.ok(deals!.endsWith('\u001b[32mup to date (1 sweep)\u001b[39m'));
});

view.run();

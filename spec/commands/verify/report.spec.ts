import assert from 'node:assert/strict';
import {Writable} from 'node:stream';
import {suite} from 'uvu';
import type {CommandContext} from '../../../lib/commands/host.ts';
import {Comparison} from '../../../lib/commands/verify/compare.ts';
import {type ReportOptions, report, type Verified} from '../../../lib/commands/verify/report.ts';

const told = suite('what verify says');

function said(verified: readonly Verified[], options: ReportOptions = {}): {code: number; output: string} {
  let output = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      output += String(chunk);
      done();
    },
  });
  return {code: report({output: stream} as unknown as CommandContext, options, verified), output};
}

/** A comparison of one captured record, with a difference where Zoho's value is another. */
function compared(value: string): Comparison {
  const comparison = new Comparison({has: () => true, get: () => new Map([['Name', '"secret"']])});
  comparison.present('1');
  comparison.values('1', new Map([['Name', value]]));
  return comparison;
}

const same: Verified = {module: 'Leads', comparison: compared('"secret"')};
const different: Verified = {module: 'Deals', comparison: compared('"other"')};
const skipped: Verified = {module: 'Tasks', reason: 'it has not been captured'};
const odd = new Comparison({has: () => true, get: () => undefined});
odd.present('2');
odd.missing = 3;
odd.extra = 4;
odd.differing = 5;
odd.awaitingRefresh = 6;
odd.changedSince = 7;
odd.compared = 8;
odd.leaveOut({page: 'page 1', row: 2, id: '9', why: 'has no valid time'});
odd.leaveOut({page: 'page 1', row: 3, id: undefined, why: 'has no valid id'});

told('is a table with a line for each module, what differs, what was left out, and the verdict', () => {
  assert.deepEqual(said([same, {module: 'Odd', comparison: odd}, skipped]), {
    code: 4,
    output: [
      'module  records  compared  missing  extra  differing  awaiting refresh  changed since  left out',
      'Leads         1         1        0      0          0                 0              0         0',
      'Odd           1         8        3      4          5                 6              7         2',
      'Tasks                                                                                            it has not been captured',
      'Odd 9: left out, because it has no valid time (row 2 of page 1)',
      'Odd: left out, because it has no valid id (row 3 of page 1)',
      'Differences found in 1 module',
      '',
    ].join('\n'),
  });
});

told('shows no values unless they are asked for', () => {
  const {code, output} = said([different]);
  assert.equal(code, 4);
  assert.ok(output.includes('\nDeals 1: Name differs\n'), output);
  assert.ok(!output.includes('secret') && !output.includes('other'));
  assert.ok(said([different], {showValues: true}).output.includes('\nDeals 1: Name is "secret", at Zoho "other"\n'));
  const absent = new Comparison({has: () => false, get: () => new Map()});
  absent.present('5');
  absent.values('5', new Map([['Name', '"x"']]));
  const lines = said([{module: 'Deals', comparison: absent}]).output.split('\n');
  assert.deepEqual(lines.slice(2, 4), ['Deals 5: missing', 'Deals 5: Name is absent']);
  assert.ok(said([{module: 'Deals', comparison: absent}], {showValues: true}).output.includes('Name is absent, at Zoho "x"'));
});

told('has a verdict and an exit code for each outcome', () => {
  assert.match(said([same]).output, /\n1 module compared, no differences found\n$/);
  assert.equal(said([same]).code, 0);
  assert.match(said([same, skipped]).output, /\n1 module could not be compared\n$/);
  assert.equal(said([same, skipped]).code, 1);
  assert.match(said([different, {...different}, skipped]).output, /\nDifferences found in 2 modules\n$/);
  assert.equal(said([different, skipped]).code, 4);
});

told('is JSON for programs, with the same exit code', () => {
  const none = {compared: 1, missing: 0, extra: 0, awaitingRefresh: 0, changedSince: 0, quarantined: 0, leftOut: []};
  const {code, output} = said([different, skipped], {json: true});
  assert.equal(code, 4);
  assert.deepEqual(JSON.parse(output), {
    modules: [
      {module: 'Deals', records: 1, ...none, differing: 1, differences: [{id: '1', what: 'Name'}]},
      {module: 'Tasks', reason: 'it has not been captured'},
    ],
  });
  const shown = JSON.parse(said([different], {json: true, showValues: true}).output);
  assert.deepEqual(shown.modules[0].differences, [{id: '1', what: 'Name', captured: '"secret"', zoho: '"other"'}]);
  const left = JSON.parse(said([{module: 'Odd', comparison: odd}], {json: true}).output).modules[0];
  assert.deepEqual(
    [left.quarantined, left.leftOut.length, left.missing, left.extra, left.awaitingRefresh, left.changedSince],
    [2, 2, 3, 4, 6, 7],
  );
});

told.run();

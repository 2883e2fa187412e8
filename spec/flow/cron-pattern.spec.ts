/** The grammar of schedules: what users may write, and what older configurations hold. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {cronExpression, cronPattern} from '../../lib/flow/cron-pattern.ts';

const cron = suite('cron pattern');
const form = new RegExp(cronPattern);

/** A pattern with one of its five fields replaced. */
const withField = (at: number, value: string): string => ['*', '*', '*', '*', '*'].with(at, value).join(' ');

/** For each field, values at its ends, and the nearest that are none. */
const fields: readonly {takes: string[]; steps: string[]; refuses: string[]; reads?: string[]; refusesToRead?: string[]}[] = [
  {
    takes: ['0', '00', '9', '09', '59'],
    steps: ['*/1', '*/01', '*/9', '*/10', '*/59'],
    refuses: ['60', '-1', '000', '*/0', '*/00', '*/60', '5/2'],
    reads: ['5/2', '5-9/2'],
    refusesToRead: ['60', '*/0', '-1'],
  },
  {
    takes: ['0', '00', '9', '19', '20', '23'],
    steps: ['*/1', '*/01', '*/10', '*/19', '*/20', '*/23'],
    refuses: ['24', '*/0', '*/24', '30'],
    refusesToRead: ['24'],
  },
  {
    takes: ['1', '01', '9', '10', '29', '30', '31'],
    steps: ['*/1', '*/9', '*/10', '*/31'],
    refuses: ['0', '32', '*/0', '*/32', '*/01'],
  },
  {
    takes: ['1', '9', '10', '12'],
    steps: ['*/1', '*/9', '*/10', '*/12'],
    refuses: ['0', '13', '01', '*/13', '*/0', 'jan'],
    reads: ['01', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec', 'jan-mar', 'DEC'],
    refusesToRead: ['0', '13', 'mon', 'ja'],
  },
  {
    takes: ['0', '6'],
    steps: ['*/1', '*/6'],
    refuses: ['7', '*/7', '*/0', 'sun', '00'],
    reads: ['7', '00', 'sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'mon-fri', 'Sat'],
    refusesToRead: ['8', 'jan', 'su'],
  },
];

cron('takes the numbers of each field, and no others', () => {
  for (const [at, {takes, steps, refuses, reads = [], refusesToRead = []}] of fields.entries()) {
    for (const value of [...takes, ...steps, takes.join(','), `${takes[0]}-${takes.at(-1)}`, `*,${takes[0]},${steps[0]}`]) {
      assert.ok(form.test(withField(at, value)), withField(at, value));
      assert.equal(cronExpression(withField(at, value)), withField(at, value));
    }
    for (const value of [...refuses, '', ',', `${takes[0]},`, 'x', `${takes[0]}-`])
      assert.ok(!form.test(withField(at, value)), withField(at, value));
    for (const value of reads) assert.equal(cronExpression(withField(at, value)), withField(at, value).toLowerCase());
    for (const value of [...refusesToRead, 'x', `${takes[0]},`])
      assert.equal(cronExpression(withField(at, value)), undefined, value);
  }
});

cron('has five fields, or none', () => {
  for (const text of ['', '* * * * *', '*  *\t* * *']) assert.ok(form.test(text), text);
  for (const text of ['*', '* * * *', '* * * * * *', ' * * * * *', '*****', '* * * * * ']) assert.ok(!form.test(text), text);
  assert.equal(cronExpression(''), '');
  assert.equal(cronExpression(' \t'), '');
  assert.equal(cronExpression('  5\t 4 \n* *   * '), '5 4 * * *');
  for (const text of ['* * * *', '* * * * * *', 'hourly', '@reboot']) assert.equal(cronExpression(text), undefined, text);
});

cron('knows the names of usual schedules', () => {
  const named = {
    '@hourly': '0 * * * *',
    '@daily': '0 0 * * *',
    '@midnight': '0 0 * * *',
    '@weekly': '0 0 * * 0',
    '@monthly': '0 0 1 * *',
    '@yearly': '0 0 1 1 *',
    ' @Annually ': '0 0 1 1 *',
  };
  for (const [name, expression] of Object.entries(named)) assert.equal(cronExpression(name), expression);
});

cron.run();

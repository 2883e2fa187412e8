/** Which names are quoted in COQL: reserved words at first, and whatever answers have taught since. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {LearnedQuoting} from '../../lib/capture/quoting.ts';
import {windowQuery} from '../../lib/zoho/coql.ts';

const quoting = suite('learned quoting');

/** The columns and the module of a query, as they are written. */
function written(it: LearnedQuoting, module = 'Leads'): string {
  const {text} = windowQuery({module, columns: ['A', 'Order'], fromS: 0, limit: 1, quoting: it});
  return text.split(' where ')[0]!;
}

quoting('quotes reserved words before anything is learnt', () => {
  const it = new LearnedQuoting();
  assert.equal(written(it), "select A, 'Order' from Leads");
  assert.deepEqual([it.isQuoted('A'), it.isQuoted('Order')], [false, true]);
});

quoting('writes a column the other way once for each reason', () => {
  const it = new LearnedQuoting();
  assert.equal(it.switchColumn('A', 'hint'), true);
  assert.equal(it.switchColumn('A', 'hint'), false);
  assert.deepEqual([written(it), it.isQuoted('A')], ["select 'A', 'Order' from Leads", true]);
  assert.equal(it.switchColumn('A', 'search'), true, 'a search may find that the hint was wrong');
  assert.equal(it.switchColumn('A', 'search'), false);
  assert.deepEqual([written(it), it.isQuoted('A')], ["select A, 'Order' from Leads", false]);
  assert.equal(it.switchColumn('Order', 'hint'), true, 'each column for itself');
  assert.deepEqual([written(it), it.isQuoted('Order')], ['select A, Order from Leads', false]);
});

quoting('writes the module the other way once for each reason, apart from a column of its name', () => {
  const it = new LearnedQuoting();
  assert.equal(it.switchColumn('Order', 'hint'), true);
  assert.equal(it.switchModule('Order', 'hint'), true);
  assert.equal(it.switchModule('Order', 'hint'), false);
  assert.equal(written(it, 'Order'), 'select A, Order from Order');
  assert.equal(it.switchModule('Order', 'search'), true);
  assert.equal(written(it, 'Order'), "select A, Order from 'Order'");
  assert.equal(it.switchModule('Order', 'search'), false);
});

quoting('quotes a module whose bare name was rejected', () => {
  const it = new LearnedQuoting();
  it.switchModule('Leads', 'hint');
  assert.equal(written(it), "select A, 'Order' from 'Leads'");
});

quoting.run();

import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {
  type CoqlQuery,
  countQuery,
  datetimeLiteral,
  idsQuery,
  isReserved,
  queryCredits,
  secondQuery,
  selects,
  untimedQuery,
  windowQuery,
} from '../../lib/zoho/coql.ts';

const coql = suite('COQL texts');
const fromS = Date.UTC(2026, 0, 1) / 1000;

coql('asks for the first page of a window by its start', () => {
  assert.equal(
    windowQuery({module: 'Leads', columns: ['id', 'Modified_Time', 'Last_Name'], fromS, limit: 200}).text,
    "select id, Modified_Time, Last_Name from Leads where Modified_Time >= '2026-01-01T00:00:00+00:00' order by Modified_Time asc, id asc limit 0, 200",
  );
});

coql('asks for the next page by the last row, with conditions in pairs', () => {
  const after = {seconds: fromS + 61, id: '5725767000000524157'};
  assert.equal(
    windowQuery({module: 'Leads', columns: ['id'], fromS, after, limit: 2_000}).text,
    "select id from Leads where (Modified_Time > '2026-01-01T00:01:01+00:00' or (Modified_Time = '2026-01-01T00:01:01+00:00' and id > '5725767000000524157')) order by Modified_Time asc, id asc limit 0, 2000",
  );
});

coql('asks for the records of one second by id, with conditions in pairs', () => {
  assert.equal(
    secondQuery({module: 'Leads', columns: ['id'], second: fromS, limit: 200}).text,
    "select id from Leads where ((Modified_Time >= '2026-01-01T00:00:00+00:00' and Modified_Time < '2026-01-01T00:00:01+00:00') and id > '0') order by id asc limit 0, 200",
  );
  assert.match(
    secondQuery({module: 'Leads', columns: ['id'], second: fromS, afterId: '77', limit: 200}).text,
    / and id > '77'\) order by id asc/,
  );
});

coql('quotes names that are words of its own, unless told otherwise', () => {
  const columns = ['id', 'From', 'External', 'Ordered'];
  const asked = (names: [string, boolean][], module?: boolean) =>
    windowQuery({module: 'Order', columns, fromS, limit: 1, quoting: {columns: new Map(names), module}}).text.split(' where')[0];
  assert.equal(asked([]), "select id, 'From', 'External', Ordered from 'Order'");
  assert.equal(asked([['From', false]], false), "select id, From, 'External', Ordered from Order");
  assert.equal(asked([['Ordered', true]], true), "select id, 'From', 'External', 'Ordered' from 'Order'");
  const byId = idsQuery({module: 'Leads', columns, ids: ['7']});
  assert.equal(byId.text, "select id, 'From', 'External', Ordered from Leads where id in ('7') limit 0, 1");
  assert.equal(byId.textWithBareIds, "select id, 'From', 'External', Ordered from Leads where id in (7) limit 0, 1");
});

coql('asks for the records without a time by id', () => {
  assert.equal(
    untimedQuery('Leads', undefined, 200).text,
    'select Modified_Time, id from Leads where Modified_Time is null order by id asc limit 0, 200',
  );
  const next = untimedQuery('User', '77', 200, {module: false, columns: new Map()});
  assert.equal(
    next.text,
    "select Modified_Time, id from User where (Modified_Time is null and id > '77') order by id asc limit 0, 200",
  );
  assert.deepEqual([next.module, next.columns, next.limit], ['User', ['Modified_Time', 'id'], 200]);
});

coql('asks how many records there are, or have changed since a time', () => {
  const all = 'select COUNT(id) from Leads where id is not null';
  assert.deepEqual(countQuery('Leads', undefined), {
    module: 'Leads',
    columns: ['COUNT(id)'],
    limit: 1,
    text: all,
    textWithBareIds: all,
  });
  assert.equal(countQuery('Leads', fromS).text, "select COUNT(id) from Leads where Modified_Time >= '2026-01-01T00:00:00+00:00'");
});

coql('knows the words of its own in any case: of the grammar, its functions, and those that Zoho reserves', () => {
  for (const word of ['select', 'Where', 'BETWEEN', 'sum', 'Count', 'External', 'user', 'date'])
    assert.ok(isReserved(word), word);
  for (const word of ['id', 'Name', 'Modified_Time', 'selected', '']) assert.ok(!isReserved(word), word);
});

coql('quotes what stands in conditions and in the order as it quotes columns', () => {
  const quoting = {
    columns: new Map([
      ['id', true],
      ['Modified_Time', true],
    ]),
  };
  const query = windowQuery({module: 'Leads', columns: ['id'], fromS, after: {seconds: fromS, id: '12'}, limit: 1, quoting});
  const at = `'${new Date(fromS * 1000).toISOString().slice(0, 19)}+00:00'`;
  assert.equal(
    query.text,
    `select 'id' from Leads where ('Modified_Time' > ${at} or ('Modified_Time' = ${at} and 'id' > '12')) order by 'Modified_Time' asc, 'id' asc limit 0, 1`,
  );
});

coql('tells the names of a query from its other words', () => {
  const query = windowQuery({module: 'Order', columns: ['id', 'External', 'Name'], fromS, limit: 1});
  for (const name of ['id', 'External', 'Name', 'Order']) assert.ok(selects(query, name), name);
  for (const word of ['select', 'from', 'where', 'Modified_Time', 'order', 'Na', undefined])
    assert.ok(!selects(query, word), String(word));
});

coql('asks for records by id, a hundred at most', () => {
  assert.equal(
    idsQuery({module: 'Deals', columns: ['id'], ids: ['1', '9007199254740993']}).text,
    "select id from Deals where id in ('1', '9007199254740993') limit 0, 2",
  );
  const ids = Array.from({length: 101}, (_, i) => String(i));
  assert.equal(idsQuery({module: 'Deals', columns: ['id'], ids: ids.slice(1)}).limit, 100);
  assert.throws(() => idsQuery({module: 'Deals', columns: ['id'], ids}), RangeError);
  assert.throws(() => idsQuery({module: 'Deals', columns: ['id'], ids: []}), RangeError);
});

coql('writes ids bare when asked to, and nothing else', () => {
  const query = windowQuery({module: 'Leads', columns: ['id'], fromS, after: {seconds: fromS, id: '12'}, limit: 200});
  assert.equal(query.textWithBareIds, query.text.replace("'12'", '12'));
});

coql('never has fractions of a second', () => {
  assert.equal(datetimeLiteral(fromS + 1), "'2026-01-01T00:00:01+00:00'");
});

coql('takes no name or id that could end the text', () => {
  const bad = ["Leads where id = '1", 'a b', '', 'x;y', "'"];
  for (const name of bad) {
    const refused = {kind: 'module', message: `Cannot ask COQL for "${name}": it is not an API name`};
    assert.throws(() => windowQuery({module: name, columns: ['id'], fromS, limit: 1}), refused);
    assert.throws(() => windowQuery({module: 'Leads', columns: [name], fromS, limit: 1}), refused);
    assert.throws(() => countQuery(name, fromS), refused);
  }
  assert.throws(() => idsQuery({module: 'Leads', columns: ['id'], ids: ["1' or '1"]}), {
    kind: 'damaged',
    message: /not a number/,
  });
});

coql('knows the credits of a query', () => {
  const query = (limit: number): CoqlQuery => windowQuery({module: 'Leads', columns: ['id', 'from_Zoho__c'], fromS, limit});
  assert.deepEqual(
    [200, 201, 1_000, 1_001, 2_000].map((limit) => queryCredits(query(limit))),
    [1, 2, 2, 3, 3],
  );
});

coql.run();

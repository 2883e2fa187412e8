/** What Zoho's answers are taken for: strict on what is used, lenient on the rest. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import * as v from 'valibot';
import {
  apiErrorOf,
  countIn,
  createdReply,
  deletedReply,
  fieldsReply,
  hiddenApiError,
  jobReply,
  modulesReply,
  saysNothing,
  tokenReply,
} from '../../lib/zoho/schemas.ts';

const schemas = suite('schemas of answers');

/** What a schema makes of a value; undefined where it refuses it. */
function read<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> | undefined {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? parsed.output : undefined;
}

schemas('takes a token that fits a header, and lives of at least a second', () => {
  const token = {access_token: '1000.a~b'};
  assert.deepEqual(read(tokenReply, {...token, expires_in: '60', expires_in_sec: 7, api_domain: null, scope: 'a', more: 1}), {
    ...token,
    expires_in: 60,
    expires_in_sec: 7,
    api_domain: null,
    scope: 'a',
  });
  assert.deepEqual(read(tokenReply, {...token, expires_in: 1, expires_in_sec: 1}), {...token, expires_in: 1, expires_in_sec: 1});
  for (const access_token of ['', 'a b', ' a', 'a\n', 'é', 7, undefined])
    assert.equal(read(tokenReply, {access_token}), undefined, String(access_token));
  for (const expires_in of [0, 0.5, 'x', '', Number.POSITIVE_INFINITY, null])
    assert.equal(read(tokenReply, {...token, expires_in}), undefined, String(expires_in));
  for (const expires_in_sec of [0, '60', Number.POSITIVE_INFINITY])
    assert.equal(read(tokenReply, {...token, expires_in_sec}), undefined);
});

schemas('takes an odd entry of metadata for one that says nothing', () => {
  const none = {
    api_name: undefined,
    api_supported: undefined,
    generated_type: undefined,
    status: undefined,
    plural_label: undefined,
  };
  assert.deepEqual(
    read(modulesReply, {
      modules: [{api_name: 'A', api_supported: 'yes', generated_type: 7, status: null, plural_label: 'a'}, null, 7],
    }),
    {
      modules: [{...none, api_name: 'A', status: null, plural_label: 'a'}, {}, {}],
    },
  );
  assert.equal(read(modulesReply, {}), undefined);
  assert.equal(read(modulesReply, {modules: {}}), undefined);
  assert.deepEqual(read(fieldsReply, {fields: 'x'}), {fields: null});
  const field = {
    api_name: 'F',
    data_type: 'formula',
    json_type: 'double',
    formula: {return_type: 'double', dynamic: true},
    rollup_summary: {return_type: null, dynamic: null},
    pick_list_values: [{display_value: 'a', actual_value: 'b'}],
    visible: false,
    profiles: [{permission_type: 'hidden'}, {permission_type: 7}],
  };
  const taken = read(fieldsReply, {
    fields: [field, {...field, formula: 7, rollup_summary: 7, pick_list_values: [7], visible: 'x', profiles: 7}, 7],
  });
  assert.deepEqual(taken?.fields?.[0], {...field, profiles: [{permission_type: 'hidden'}, {permission_type: undefined}]});
  assert.deepEqual(taken?.fields?.[1], {
    ...field,
    formula: undefined,
    rollup_summary: undefined,
    pick_list_values: undefined,
    visible: undefined,
    profiles: undefined,
  });
  assert.deepEqual(taken?.fields?.[2], {});
});

schemas('takes a job whose id fits an address', () => {
  const created = (id: unknown) => read(createdReply, {data: [{details: {id}}]})?.data[0]?.details.id;
  for (const id of ['7', 'a-b_C9']) assert.equal(created(id), id);
  for (const id of ['', 'a/b', '/a', 'a/', 7]) assert.equal(created(id), undefined, String(id));
  assert.equal(read(createdReply, {data: []}), undefined);
});

schemas('reads a finished job, its numbers and flags as texts, too', () => {
  const result = (given: object) => read(jobReply, {data: [{state: 'COMPLETED', result: given}]})?.data[0]?.result;
  for (const [given, count] of [
    [0, 0],
    [7, 7],
    ['7', 7],
    ['x', undefined],
    ['12', 12],
    ['', undefined],
    ['0x10', undefined],
    ['7.0', undefined],
    ['7x', undefined],
    ['x7', undefined],
    [-1, undefined],
    [1.5, undefined],
    [null, null],
  ] as const) {
    assert.equal(result({count: given})?.count, count, String(given));
    assert.equal(result({per_page: given})?.per_page, count, String(given));
  }
  for (const yes of [true, 'true', ' TRUE ', '1', 1]) assert.equal(result({more_records: yes})?.more_records, true, String(yes));
  for (const no of [false, 'false', 'False', '0', 0]) assert.equal(result({more_records: no})?.more_records, false, String(no));
  for (const nothing of ['yes', 2, {}, undefined])
    assert.equal(result({more_records: nothing})?.more_records, undefined, String(nothing));
  assert.equal(result({next_page_token: 't'})?.next_page_token, 't');
  assert.equal(result({next_page_token: 7})?.next_page_token, '7');
  assert.equal(result({next_page_token: 2 ** 53}), undefined);
  assert.deepEqual(result({error_message: {code: 'A', message: 'b'}})?.error_message, {code: 'A', message: 'b'});
  assert.deepEqual(result({error_message: 'b'})?.error_message, {code: '', message: 'b'});
  assert.equal(result({error_message: 7})?.error_message, undefined);
  assert.equal(read(jobReply, {data: []}), undefined);
  assert.equal(read(jobReply, {data: [{state: ''}]}), undefined);
  assert.deepEqual(read(jobReply, {data: [{state: 'A', result: null}]}), {data: [{state: 'A', result: null}]});
});

schemas('reads a page of deletions, whatever its rows are', () => {
  assert.deepEqual(read(deletedReply, {data: [1, {}], info: {more_records: 'true'}}), {
    data: [1, {}],
    info: {more_records: true},
  });
  assert.deepEqual(read(deletedReply, {data: [], info: 7}), {data: [], info: undefined});
  assert.equal(read(deletedReply, {data: {}}), undefined);
});

schemas('finds the error of an answer in each of its shapes', () => {
  const plain = {message: '', details: {}};
  const error = (body: unknown) => {
    const found = apiErrorOf(body);
    return found && {code: found.code, message: found.message, details: JSON.parse(JSON.stringify(found.details))};
  };
  assert.deepEqual(error({code: 'A'}), {...plain, code: 'A'});
  assert.deepEqual(error({code: 'A', message: 'm', details: {api_name: 'x', column_name: 7, permissions: ['p']}}), {
    code: 'A',
    message: 'm',
    details: {api_name: 'x', permissions: ['p']},
  });
  assert.deepEqual(error({code: 'A', message: 7, details: 'x', status: 7}), {...plain, code: 'A'});
  assert.deepEqual(error({data: [{code: 'B', message: 'm'}, 7]}), {...plain, code: 'B', message: 'm'});
  assert.deepEqual(error({error: 'c', error_description: 'd'}), {...plain, code: 'c', message: 'd'});
  assert.deepEqual(error({error: 'c', error_description: 7}), {...plain, code: 'c'});
  for (const body of [undefined, null, 'A', [], {}, {code: ''}, {code: 7}, {data: []}, {data: [{}]}, {error: ''}, {error: 7}])
    assert.equal(error(body), undefined, JSON.stringify(body));
});

schemas('believes a hidden error that says so itself, or that is the accounts host', () => {
  assert.equal(hiddenApiError({code: 'A', status: 'error'})?.code, 'A');
  assert.equal(hiddenApiError({data: [{code: 'B', status: 'error'}]})?.code, 'B');
  assert.equal(hiddenApiError({error: 'c'})?.code, 'c');
  for (const body of [
    {code: 'A'},
    {code: 'A', status: 'success'},
    {data: [{code: 'B'}]},
    {data: [{code: 'B', status: 'success'}], error: 'c'},
    {},
    'x',
    null,
  ])
    assert.equal(hiddenApiError(body), undefined, JSON.stringify(body));
});

schemas('takes an answer for nothing that has an empty list, or none, and says no more', () => {
  for (const body of [
    [],
    {},
    {data: null},
    {data: []},
    {data: [], info: {}},
    {info: null},
    {data: null, info: {more_records: false}},
  ])
    assert.equal(saysNothing(body, 'data'), true, JSON.stringify(body));
  for (const body of [
    [1],
    null,
    'x',
    undefined,
    {data: [1]},
    {data: {}},
    {data: 'x'},
    {data: [], info: {more_records: true}},
    {data: [], info: {more_records: 'true'}},
    {data: [], more: 1},
    {code: 'A'},
    {error: 'x'},
    {fields: []},
  ])
    assert.equal(saysNothing(body, 'data'), false, JSON.stringify(body));
  assert.equal(saysNothing({fields: []}, 'fields'), true);
});

schemas('reads a count, and nothing else for one', () => {
  assert.equal(countIn({data: [{'COUNT(id)': 7}]}), 7);
  assert.equal(countIn({data: [{'COUNT(id)': 0}]}), 0);
  for (const body of [{}, null, {data: []}, {data: [{a: '7'}]}, {data: [{a: -1}]}, {data: [{a: 1.5}]}, {data: [{}]}])
    assert.equal(countIn(body), undefined, JSON.stringify(body));
});

schemas.run();

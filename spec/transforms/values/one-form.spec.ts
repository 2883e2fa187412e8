import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import type {Field} from '../../../lib/records/field.ts';
import {fieldsOf} from '../../../lib/zoho/fields.ts';
import {coqlRows, csvRows, documents} from '../samples.ts';
import {dataTypes, type Forms, jsonTypes, valuesOf} from './value-forms.ts';

const test = suite('One form for a value');

const id = '5725767000000524157';
const T = '2026-10-01T10:00:00+05:30';

/** What a cell and a COQL value come to: the JSON of the document's value, and whether it was told to be none of its type. */
interface Path {
  csv(field: Field, cell: string): Promise<Result>;
  coql(field: Field, json: string): Promise<Result>;
}

interface Result {
  readonly json: string;
  readonly misfit: boolean;
}

const connector: Path = {
  async csv(field, cell) {
    // The file has a column more than was asked for, as it has for lookups of several modules.
    const page = `Id,Modified_Time,F,F.module.api_name\r\n${id},${T},"${cell.replaceAll('"', '""')}",Contacts\r\n`;
    const rows = await csvRows(page);
    return resultOf(documents({...rows, columns: ['Id', 'Modified_Time', 'F', '']}, new Map([['F', field]])));
  },
  async coql(field, json) {
    const body = `{"data":[{"F":${json},"Modified_Time":"${T}","id":"${id}"}]}`;
    const fields = new Map([['F', field]]);
    return resultOf(documents(await coqlRows(body, ['id', 'Modified_Time', 'F'], fields), fields));
  },
};

function resultOf({docs: [doc = ''], misfits}: {docs: string[]; misfits: string[]}): Result {
  const before = `{"id":${id},"Modified_Time":"${T}","F":`;
  assert.ok(doc.startsWith(before), doc);
  JSON.parse(doc);
  return {json: doc.slice(before.length, -',"_meta":{"op":"u"}}'.length), misfit: misfits.length > 0};
}

const fieldOf = (dataType: string, json_type: string): Field => {
  const [data_type, return_type] = dataType.split(':');
  const nothing = {formula: undefined, rollup_summary: undefined, pick_list_values: undefined};
  const returned = return_type === undefined ? {} : {[data_type!]: {return_type}};
  const [field] = fieldsOf('Leads', [{api_name: 'F', data_type, json_type, ...nothing, ...returned}]);
  assert.equal(field?.name, 'F');
  return field;
};

/** The law: all forms of one value come to one value in documents, the one that design 3 names. */
async function comesToOne(path: Path, field: Field, {csv, coql, document}: Forms): Promise<void> {
  const results = [
    ...(await Promise.all(csv.map(async (cell) => ({from: `CSV ${cell}`, ...(await path.csv(field, cell))})))),
    ...(await Promise.all(coql.map(async (json) => ({from: `COQL ${json}`, ...(await path.coql(field, json))})))),
  ];
  const [first] = results;
  for (const result of results) {
    const wanted = document ?? first!.json;
    const same = isNumber(result.json) && isNumber(wanted) ? sameNumber(result.json, wanted) : result.json === wanted;
    assert.ok(same, `${result.from} comes to ${result.json}, not to ${wanted}`);
    assert.equal(
      result.misfit,
      first!.misfit,
      `${result.from}: ${result.misfit ? 'does not fit' : 'fits'}, unlike ${first!.from}`,
    );
  }
}

const isNumber = (json: string): boolean => /^-?\d/.test(json);

/** Whether two JSON numbers are the same to the last digit. */
function sameNumber(a: string, b: string): boolean {
  const scaled = (text: string): bigint => {
    const [, sign, whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
    return BigInt(`${whole}${fraction}`) * 10n ** BigInt(Number(exponent) - fraction.length + 40) * (sign === '-' ? -1n : 1n);
  };
  return scaled(a) === scaled(b);
}

const pairs = dataTypes.flatMap((dataType) => jsonTypes.map((jsonType) => [dataType, jsonType] as const));
const anyPair = fc.oneof(
  fc.constantFrom(...pairs),
  fc.tuple(fc.stringMatching(/^x[a-z_]{2,12}y$/), fc.constantFrom(...jsonTypes)),
);
const anyValue = anyPair.chain(([dataType, jsonType]) =>
  valuesOf(dataType, jsonType).map((forms) => ({dataType, jsonType, forms})),
);
const law = (path: Path) =>
  fc.asyncProperty(anyValue, ({dataType, jsonType, forms}) => comesToOne(path, fieldOf(dataType, jsonType), forms));

test('holds for every pair of types that metadata may name', async () => {
  for (const [dataType, jsonType] of pairs) {
    const values = valuesOf(dataType, jsonType);
    const property = fc.asyncProperty(values, (forms) => comesToOne(connector, fieldOf(dataType, jsonType), forms));
    const {failed, errorInstance, counterexample} = await fc.check(property, {numRuns: 15});
    assert.ok(!failed, `${dataType} in ${jsonType}: ${errorInstance} ${JSON.stringify(counterexample)}`);
  }
});

test('holds for types that nobody has met', async () => {
  await fc.assert(law(connector), {numRuns: 1_500});
});

const text = fieldOf('text', 'string');
const controls: Record<string, Path> = {
  'objects kept as JSON text': {
    ...connector,
    coql: (field, json) =>
      connector
        .coql(field, json.startsWith('{"') ? JSON.stringify(json) : json)
        .then((result) => (json.startsWith('{"') ? {...result, json: JSON.stringify(json)} : result)),
  },
  'cells taken as they come': {...connector, csv: (_, cell) => connector.csv(text, cell)},
  'numbers that pass through a double': {
    ...connector,
    coql: (field, json) =>
      connector.coql(field, /^-?\d/.test(json) && Number.isFinite(Number(json)) ? String(Number(json)) : json),
  },
  'a type unknown to one of the two': {
    ...connector,
    coql: (field, json) => connector.coql({...field, type: 'text', dataType: 'unheard_of'}, json),
  },
};

for (const [what, path] of Object.entries(controls)) {
  test(`is broken by ${what}`, async () => {
    const {failed} = await fc.check(law(path), {numRuns: 1_500});
    assert.ok(failed);
  });
}

test.run();

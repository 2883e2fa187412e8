import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ConfigError} from '../../../lib/errors/errors.ts';
import {manifestText, parseManifest, refuseOther} from '../../../lib/sinks/files/manifest.ts';

const manifest = suite('state.json');

const file = {file: 'Leads.ndjson', bytes: 1, lines: 1, crc32: 1};
const whole = {version: 1 as const, capture: {name: 'a'}, state: {}, files: {Leads: file}};
const wayOut = 'it was written by another program, or changed since; put it back as it was, or choose another directory';

function failure(value: unknown): string {
  try {
    parseManifest(typeof value === 'string' ? value : JSON.stringify(value), 'out');
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return assert.fail(`takes ${JSON.stringify(value)}`);
}

manifest('reads its own output', () => {
  const begun = {...whole, files: {Leads: {...file, bytes: 0, lines: 0, crc32: 0}}};
  assert.deepEqual(parseManifest(manifestText(begun), 'out'), begun);
  assert.deepEqual(parseManifest(manifestText(whole), 'out'), whole);
  assert.equal(
    manifestText({...whole, files: {}}),
    '{\n  "version": 1,\n  "capture": {\n    "name": "a"\n  },\n  "state": {},\n  "files": {}\n}\n',
  );
});

manifest('explains what is wrong with a foreign file, and what to do', () => {
  assert.equal(failure('{'), `Cannot read out/state.json: it is not JSON; ${wayOut}`);
  assert.equal(
    failure({...whole, version: 2}),
    'Cannot read out/state.json: a newer source-zoho wrote it; use that version, or choose another directory',
  );
  assert.equal(failure(7), `Cannot read out/state.json: it must be an object, not a number; ${wayOut}`);
  const withFile = (change: object) => ({...whole, files: {Leads: {...file, ...change}}});
  const faults: [unknown, RegExp][] = [
    [{...whole, version: 0}, /version must be 1/],
    [{...whole, capture: 7}, /capture must be an object/],
    [{...whole, capture: {name: 7}}, /name must be a string/],
    [{...whole, state: null}, /state must be an object/],
    [{...whole, state: []}, /state must be an object/],
    [{...whole, state: 'x'}, /state must be an object/],
    [withFile({bytes: 'x'}), /bytes must be a whole number/],
    [withFile({lines: -1}), /lines must be a whole number/],
    [withFile({lines: 1.5}), /lines must be a whole number/],
    [withFile({crc32: 2 ** 53}), /crc32 must be a whole number/],
    [withFile({file: 7}), /file must be a string/],
    [{...whole, files: {Leads: 7}}, /Leads must be an object/],
  ];
  for (const [value, message] of faults) {
    const said = failure(value);
    assert.match(said, message);
    assert.ok(said.endsWith(wayOut), said);
  }
});

manifest('accepts only plain names of NDJSON files', () => {
  for (const name of ['a.ndjson', 'a.ndjson.gz', '%2E.ndjson', 'a-b~2.ndjson', '_=+.ndjson'])
    assert.equal(parseManifest(JSON.stringify({...whole, files: {x: {...file, file: name}}}), 'out').files.x?.file, name);
  for (const name of [
    '../a.ndjson',
    'a/b.ndjson',
    '.a.ndjson',
    '-a.ndjson',
    'a.ndjson.bak',
    'a.ndjson.gz/',
    'a.txt',
    '.ndjson',
    ' a.ndjson',
  ])
    assert.match(failure({...whole, files: {x: {...file, file: name}}}), /must be the name of an NDJSON file/, name);
});

manifest('belongs to the same capture, or explains the difference', () => {
  const refused = (kept: Record<string, string>, asked: Record<string, string>): string => {
    try {
      refuseOther({...whole, capture: kept}, asked, 'out');
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.message;
    }
    return '';
  };
  assert.equal(refused({a: '1', b: '2'}, {b: '2', a: '1'}), '');
  assert.equal(
    refused({a: '1', b: '2'}, {b: '3', c: '4'}),
    'Cannot use out: it holds another capture (a 1 instead of (none), b 2 instead of 3, c (none) instead of 4); choose another directory, or remove this one',
  );
  assert.match(
    refused({sandbox: '1'}, {sandbox: '2'}),
    /^Cannot use out: it holds a capture of another sandbox, and --sandbox starts a new one/,
  );
  for (const [kept, asked] of [
    [{sandbox: '1'}, {name: 'a'}],
    [{name: 'a'}, {sandbox: '1'}],
  ] as const)
    assert.match(refused(kept, asked), /it holds another capture/);
});

manifest.run();

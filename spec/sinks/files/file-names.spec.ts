import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {fileNames, gzipEnding} from '../../../lib/sinks/files/file-names.ts';

const fileName = suite('file names');

fileName('is the last part of the name of a collection, or all of it if that is taken', () => {
  const names = fileNames([
    'acmeCo/Leads',
    'other/Leads',
    'other/leads',
    '..',
    '../../etc/passwd',
    '{PREFIX}/Tâche',
    '',
    'x'.repeat(400),
    'X'.repeat(400),
  ]);
  assert.deepEqual(
    [...names.values()],
    [
      'Leads.ndjson',
      'other%2FLeads.ndjson',
      'other%2Fleads~2.ndjson',
      '%2E..ndjson',
      'passwd.ndjson',
      'T%C3%A2che.ndjson',
      'collection~2.ndjson',
      `${'x'.repeat(200)}~2.ndjson`,
      `${'X'.repeat(200)}~3.ndjson`,
    ],
  );
});

fileName('is plain, and unique whatever the collections are called', () => {
  const short = fc.string({unit: fc.constantFrom('a', 'A', '/', '.', '-', '~', '2', ' ', '\0', 'é'), maxLength: 5});
  const collection = fc.oneof(
    short,
    short.map((text) => `${'x'.repeat(200)}${text}`),
  );
  fc.assert(
    fc.property(fc.array(collection, {maxLength: 12}), (collections) => {
      const names = [...fileNames(collections).values()];
      assert.equal(new Set(names.map((name) => name.toLowerCase())).size, new Set(collections).size);
      for (const name of names) assert.match(name, /^[A-Za-z0-9_+=%][A-Za-z0-9\-_+=.%~]*\.ndjson$/);
    }),
  );
});

fileName('never changes once it is assigned', () => {
  const known = new Map([['b/Leads', 'Leads.ndjson']]);
  assert.deepEqual(
    [...fileNames(['a/Leads', 'b/Leads'], known)],
    [
      ['b/Leads', 'Leads.ndjson'],
      ['a/Leads', 'a%2FLeads.ndjson'],
    ],
  );
});

fileName('encodes what no directory is sure to take, byte by byte, and dots and dashes at the beginning', () => {
  const names = fileNames(['-.a-b_c+d=e.f', ' ~%\t:', 'ß', 'AZaz09'], new Map(), '');
  assert.deepEqual([...names.values()], ['%2D.a-b_c+d=e.f', '%20%7E%25%09%3A', '%C3%9F', 'AZaz09']);
});

fileName('has 200 characters at most before its ending', () => {
  const stems = (name: string) => [...fileNames([name], new Map(), gzipEnding).values()];
  assert.deepEqual(stems('x'.repeat(200)), [`${'x'.repeat(200)}.ndjson.gz`]);
  assert.deepEqual(stems('x'.repeat(201)), [`${'x'.repeat(200)}~2.ndjson.gz`]);
});

fileName.run();

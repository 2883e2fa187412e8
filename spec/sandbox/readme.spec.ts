import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {suite} from 'uvu';
import {coqlDefaults} from '../../lib/sandbox/coql/switches.ts';
import {faultList} from '../../lib/sandbox/fault-list.ts';
import {defaults} from '../../lib/sandbox/switches.ts';

const readme = suite("The sandbox's README");
const file = new URL('../../lib/sandbox/README.md', import.meta.url);

readme('says of every fault what it does', async () => {
  const lines = (await readFile(file, 'utf8')).split('\n');
  for (const [name, {what}] of Object.entries(faultList)) {
    assert.ok(
      lines.some((line) => line.startsWith(`| \`${name}\` | ${what} |`)),
      `${name}: ${what}`,
    );
  }
});

readme('names every switch, and no fault or switch that is not there', async () => {
  const text = await readFile(file, 'utf8');
  const named = [...text.matchAll(/^\| ((?:`[\w-]+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) =>
    names.replaceAll('`', '').split(', '),
  );
  const known = [
    ...Object.keys(defaults).filter((name) => name !== 'coql'),
    ...Object.keys(coqlDefaults),
    ...Object.keys(faultList),
  ];
  assert.deepEqual(named.toSorted(), known.toSorted());
});

readme.run();

import assert from 'node:assert/strict';
import {existsSync, globSync, readFileSync} from 'node:fs';
import {stripTypeScriptTypes} from 'node:module';
import {fileURLToPath} from 'node:url';
import {suite} from 'uvu';
import {besides, notMutated, ownersOf} from './owners.ts';
import {folders} from './page.ts';

const owners = suite('owners of the core');
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Those that do something; others hold types alone. */
const files = globSync(
  folders.map((folder) => `${folder}**/*.ts`),
  {cwd: root, exclude: notMutated},
).filter((file) => /\b(?:function|class|const)\b/.test(stripTypeScriptTypes(readFileSync(`${root}${file}`, 'utf8'))));

owners('begin with a spec of the file itself', () => {
  const mirrorOf = (file: string): string => file.replace(/^lib(.*)\.ts$/, 'spec$1.spec.ts');
  assert.ok(files.length > 100);
  assert.deepEqual(
    files.filter((file) => ownersOf(file)[0] !== mirrorOf(file)),
    [],
  );
});

owners('are there, and own files that are there', () => {
  for (const [start, ...specs] of besides) {
    assert.ok(
      files.some((file) => file.startsWith(start)),
      start,
    );
    for (const spec of specs) assert.ok(existsSync(`${root}spec/${spec}.spec.ts`), spec);
  }
});

owners.run();

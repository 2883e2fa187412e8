/**
 * What is delivered besides our own code: which packages, why, and that they are what they were.
 */
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {suite} from 'uvu';

const supply = suite('Packages');
const read = (path: string): Promise<string> => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

async function locked(): Promise<[string, Locked][]> {
  const {packages} = JSON.parse(await read('package-lock.json'));
  return Object.entries<Locked>(packages).filter(([path]) => path !== '');
}

supply('are each named in the README with a reason, in one exact version', async () => {
  const {dependencies, devDependencies} = JSON.parse(await read('package.json'));
  const [, table = ''] = (await read('README.md')).split('\n## Packages\n');
  const named = [...table.matchAll(/^\| `([^`]+)` \| (.{10,}) \|$/gm)].map(([, name]) => name);
  assert.deepEqual(named.sort(), Object.keys(dependencies).sort());
  for (const version of Object.values({...dependencies, ...devDependencies}))
    assert.match(String(version), /^\d+\.\d+\.\d+(-[\w.]+)?$/);
});

supply('are locked by their checksum, run nothing when installed, and have permissive licences', async () => {
  const production = (await locked()).filter(([, {dev}]) => dev !== true);
  assert.ok(production.length >= 9);
  for (const [path, {integrity, hasInstallScript, license}] of production) {
    assert.match(integrity ?? '', /^sha512-/, path);
    assert.notEqual(hasInstallScript, true, path);
    assert.ok(['MIT', 'ISC', 'Apache-2.0', 'BSD-3-Clause', '0BSD'].includes(license ?? ''), `${path}: ${license}`);
  }
});

supply('all have a checksum, except tools for other platforms', async () => {
  for (const [path, {integrity, dev, optional}] of await locked()) assert.ok(integrity !== undefined || (dev && optional), path);
});

supply('are listed with their licences', async () => {
  const text = await read('LICENSES.md');
  for (const [path, {version, license, dev, optional}] of await locked()) {
    const name = path.split('node_modules/').at(-1)!;
    // The compiler is a peer of valibot, which the image leaves out.
    if (dev === true || name === 'typescript' || (optional === true && name.startsWith('@typescript/'))) continue;
    assert.ok(text.includes(`| \`${name}\` | ${version} | ${license} |`), name);
  }
});

supply('are listed in the same way by npm', async () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const {stdout} = await promisify(execFile)('npm', ['run', '--silent', 'sbom'], {cwd: root});
  const {bomFormat, components} = JSON.parse(stdout);
  assert.equal(bomFormat, 'CycloneDX');
  const named = components.map(({group, name, version}: {group?: string; name: string; version: string}) => {
    const whole = group === undefined || name.startsWith('@') ? name : `${group}/${name}`;
    return `${whole} ${version}`;
  });
  const listed = [...(await read('LICENSES.md')).matchAll(/^\| `([^`]+)` \| (\S+) \| /gm)].map(
    ([, name, version]) => `${name} ${version}`,
  );
  assert.deepEqual(named.sort(), listed.sort());
});

supply.run();

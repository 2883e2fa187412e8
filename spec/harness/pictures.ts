/**
 * `npm run pictures`: makes the README's pictures from a capture of a sandbox with some faults, and
 * from a benchmark on this machine. `npm run pictures -- capture` makes one of them. Needs Debian's
 * chromium.
 */
import {mkdir, stat} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {startSandbox} from '../../lib/sandbox/server.ts';
import {Shell} from '../commands/shell.ts';
import {type Look, screenshot} from './browser.ts';

const folder = fileURLToPath(new URL('../../docs/', import.meta.url));

/** Pictures are part of the repository. */
const bytesMax = 200_000;

const faults = ['error-500:create*1', 'short*2', 'throttle-after:status*1', 'job-failure/Deals*1'];
const commands = [
  {
    args: 'capture --config config.json --module Leads,Contacts,Deals --since 2000-01-01 --out out --once --report capture.html',
    page: 'capture',
    look: {width: 1_000, height: 985, scheme: 'light'},
  },
  {
    args: 'bench --cases usual --rounds 5 --report bench.html',
    page: 'bench',
    look: {width: 1_000, height: 740, scheme: 'light'},
  },
] as const satisfies {args: string; page: string; look: Look}[];

const sandbox = await startSandbox({records: 150_000, faults, switches: {rowsPerJob: 50_000, jobMs: 2_500}});
const shell = await Shell.open();
try {
  await shell.configure(sandbox);
  await mkdir(folder, {recursive: true});
  const asked = process.argv.slice(2);
  for (const {args, page, look} of commands.filter((each) => asked.length === 0 || asked.includes(each.page))) {
    const {code, messages} = await shell.run(args);
    if (code !== 0) throw new Error(`Cannot make the picture of ${page}: it ended with ${code}\n${messages}`);
    const picture = `${folder}${page}.png`;
    await screenshot(shell.path(`${page}.html`), look, picture);
    const {size} = await stat(picture);
    if (size > bytesMax) throw new Error(`${picture} has ${size} bytes, more than ${bytesMax}`);
    process.stdout.write(`${picture}: ${size} bytes\n`);
  }
} finally {
  await sandbox.close();
  await shell.close();
}

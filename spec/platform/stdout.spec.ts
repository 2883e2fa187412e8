import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, constants, openSync, readFileSync, readSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Writable} from 'node:stream';
import {suite} from 'uvu';
import {outputBytesMax} from '../../lib/limits.ts';
import {DescriptorOutput} from '../../lib/platform/stdout.ts';

const test = suite<{folder: string}>('DescriptorOutput');

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-output-'));
});
test.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

function noStream(): Writable {
  throw new Error('No other stream was to be asked for');
}

const ended = (output: Writable) => new Promise<void>((resolve) => output.end(() => resolve()));

test('writes everything, in order, and asks for patience beyond its bound', async ({folder}) => {
  const file = join(folder, 'file');
  const descriptor = openSync(file, 'w');
  const output = new DescriptorOutput(descriptor, noStream);
  const blocks = Array.from({length: 50}, (_, i) => Buffer.alloc(100_000, i));
  const patient = blocks.map((block) => output.write(block));
  assert.equal(patient.indexOf(false), Math.ceil(outputBytesMax / 100_000) - 1);
  assert.ok(output.isStuck);
  await ended(output);
  assert.ok(!output.isStuck);
  closeSync(descriptor);
  assert.ok(readFileSync(file).equals(Buffer.concat(blocks)));
});

test('leaves the rest to another stream where the descriptor does not block', async ({folder}) => {
  const path = join(folder, 'pipe');
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const rest: Buffer[] = [];
  const instead = new Writable({
    write(chunk, _encoding, done) {
      rest.push(Buffer.from(chunk));
      done();
    },
  });
  const output = new DescriptorOutput(pipe, () => instead);
  const blocks = Array.from({length: 3}, (_, i) => Buffer.alloc(1 << 20, i));
  for (const block of blocks) output.write(block);
  await ended(output);
  const written = Buffer.alloc(1 << 20);
  const bytes = readSync(pipe, written);
  closeSync(pipe);
  assert.ok(bytes > 0 && bytes < 1 << 20);
  assert.ok(Buffer.concat([written.subarray(0, bytes), ...rest]).equals(Buffer.concat(blocks)));
});

test('fails when nobody reads any more', async ({folder}) => {
  const path = join(folder, 'pipe');
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
  const both = openSync(path, constants.O_RDWR);
  const writer = openSync(path, 'w');
  closeSync(both);
  const output = new DescriptorOutput(writer, noStream);
  output.write('x');
  const [error] = await once(output, 'error');
  assert.equal(error.code, 'EPIPE');
  assert.ok(!output.isStuck);
  closeSync(writer);
});

test.run();

/**
 * The image built from its Containerfile, in a folder, because no spec can rely on a container
 * runtime.
 */
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {cp, mkdtemp, readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {delimiter, dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Built {
  /** Stands for the image's root folder. */
  image: string;
  /** Environment and command of the image. */
  env: Record<string, string>;
  labels: Record<string, string>;
  command: string[];
  user: string;
  base: string;
}

/**
 * Runs the steps of the Containerfile in a folder, with the project's node in place of the base
 * image's.
 */
export async function build(): Promise<Built> {
  const image = await mkdtemp(join(tmpdir(), 'source-zoho-image-'));
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  const home = {
    PATH: path,
    HOME: process.env.HOME ?? image,
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
  };
  const built: Built = {image, env: home, labels: {}, command: [], user: 'root', base: ''};
  let folder = image;
  const inImage = (place: string): string => (place.startsWith('/') ? join(image, place) : resolve(folder, place));
  for (const line of (await readFile(join(root, 'Containerfile'), 'utf8')).split('\n')) {
    const [, instruction = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    const [name = '', value = ''] = rest.split(/=(.*)/s);
    const words = rest.split(' ');
    const to = words.at(-1) ?? '';
    switch (instruction) {
      case '':
        assert.match(line, /^(#.*)?$/);
        break;
      case 'FROM':
        built.base = rest;
        break;
      case 'LABEL':
        built.labels[name] = value;
        break;
      case 'ENV':
        built.env[name] = value;
        break;
      case 'WORKDIR':
        folder = inImage(rest);
        break;
      case 'COPY':
        for (const from of words.slice(0, -1))
          await cp(
            join(root, from),
            to.endsWith('/') && to !== './' ? inImage(`${to}${from}`) : to === './' ? join(folder, from) : inImage(to),
            {recursive: true},
          );
        break;
      case 'RUN':
        await promisify(execFile)('sh', ['-c', rest], {cwd: folder, env: built.env});
        break;
      case 'USER':
        built.user = rest;
        break;
      case 'ENTRYPOINT':
        built.command = JSON.parse(rest).map((word: string) => (word.startsWith('/') ? inImage(word) : word));
        break;
      default:
        assert.fail(`This spec does not know ${instruction}`);
    }
  }
  return built;
}

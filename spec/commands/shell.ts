/** Commands run as a person would run them: in processes of their own, in a folder of their own. */
import {spawn} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {configOf} from '../../lib/commands/context.ts';
import type {Sandbox} from '../../lib/sandbox/server.ts';

const bin = fileURLToPath(new URL('../../lib/source-zoho.js', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly messages: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Nobody reads what it prints. */
  readonly closeOutput?: boolean;
  /** Called when the process runs, with what sends it signals and what it has said so far. */
  readonly whenRunning?: (kill: (signal: NodeJS.Signals) => void, messages: () => string) => void;
}

export class Shell {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Shell> {
    return new Shell(await mkdtemp(join(tmpdir(), 'source-zoho-shell-')));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes `config.json` for a sandbox. */
  async configure({url, credentials}: Pick<Sandbox, 'url' | 'credentials'>): Promise<void> {
    await writeFile(this.path('config.json'), JSON.stringify(configOf({url, credentials})));
  }

  /** Runs `source-zoho` with arguments, as one string or one by one. */
  async run(args: string | readonly string[], options: RunOptions = {}): Promise<Ran> {
    const list = typeof args === 'string' ? args.split(' ').filter((word) => word !== '') : args;
    const env = {...process.env, NO_COLOR: '1', ...options.env};
    const child = spawn(process.execPath, [bin, ...list], {cwd: this.folder, env, stdio: ['pipe', 'pipe', 'pipe']});
    let messages = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      messages += part;
    });
    const ended = new Promise<[number | null, NodeJS.Signals | null]>((done) => {
      child.on('close', (code, signal) => done([code, signal]));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
    options.whenRunning?.(
      (signal) => child.kill(signal),
      () => messages,
    );
    if (options.closeOutput === true) child.stdout.destroy();
    const output = child.stdout.destroyed ? '' : await text(child.stdout);
    const [code, signal] = await ended;
    return {code, signal, output, messages};
  }

  async close(): Promise<void> {
    await rm(this.folder, {recursive: true, force: true});
  }
}

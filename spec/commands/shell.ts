/** Commands run as a person would run them: in processes of their own, in a folder of their own. */
import {spawn} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
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
  /** Where standard output goes instead of being read: a path, in the shell's folder unless it is absolute. */
  readonly outputFile?: string;
  /** Blocks of 512 bytes that a file may have at most, as `ulimit -f` sets it. */
  readonly fileBlocksMax?: number;
  /** Called when the process runs, with what sends it signals, and what it has said and given so far. */
  readonly whenRunning?: (kill: (signal: NodeJS.Signals) => void, messages: () => string, output: () => string) => void;
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
    const {outputFile, fileBlocksMax} = options;
    const [program = '', ...given] =
      fileBlocksMax === undefined
        ? [process.execPath, bin, ...list]
        : ['sh', '-c', `ulimit -f ${fileBlocksMax}; exec "$@"`, 'sh', process.execPath, bin, ...list];
    const file = outputFile === undefined ? undefined : openSync(resolve(this.folder, outputFile), 'w');
    const child = spawn(program, given, {cwd: this.folder, env, stdio: ['pipe', file ?? 'pipe', 'pipe']});
    if (file !== undefined) closeSync(file);
    const {stdin, stdout, stderr} = child;
    if (stdin === null || stderr === null) throw new Error('The process has no pipes');
    let messages = '';
    let output = '';
    stdout?.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
    stderr.setEncoding('utf8').on('data', (part: string) => {
      messages += part;
    });
    const ended = new Promise<[number | null, NodeJS.Signals | null]>((done) => {
      child.on('close', (code, signal) => done([code, signal]));
    });
    stdin.on('error', () => {});
    stdin.end(options.input ?? '');
    options.whenRunning?.(
      (signal) => child.kill(signal),
      () => messages,
      () => output,
    );
    if (options.closeOutput === true) stdout?.destroy();
    const [code, signal] = await ended;
    return {code, signal, output, messages};
  }

  async close(): Promise<void> {
    await rm(this.folder, {recursive: true, force: true});
  }
}

/** For `whenRunning`: acts once, as soon as a command has said a text, or as much as `isFar` wants. */
export function onceSaid(
  isFar: string | ((messages: string, output: string) => boolean),
  act: (kill: (signal: NodeJS.Signals) => void) => void,
): NonNullable<RunOptions['whenRunning']> {
  const isReached = typeof isFar === 'string' ? (messages: string) => messages.includes(isFar) : isFar;
  return (kill, messages, output) => {
    const timer = setInterval(() => {
      if (!isReached(messages(), output())) return;
      clearInterval(timer);
      act(kill);
    }, 10);
    timer.unref();
  };
}

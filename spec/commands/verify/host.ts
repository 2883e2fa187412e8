import {PassThrough, Writable} from 'node:stream';
import type {CommandContext} from '../../../lib/commands/host.ts';

/** A process without a terminal whose output is kept. `said` and `logged` are what it wrote so far. */
export function quietHost(): {host: CommandContext; said: () => string; logged: readonly string[]} {
  let output = '';
  const logged: string[] = [];
  const host: CommandContext = {
    env: {},
    input: new PassThrough(),
    output: new Writable({
      write(chunk, _encoding, done) {
        output += String(chunk);
        done();
      },
    }),
    messages: new PassThrough(),
    screen: undefined,
    outputColumns: () => 80,
    colors: false,
    outputColors: false,
    log: (level, message) => void logged.push(`${level} ${message}`),
    signal: new AbortController().signal,
  };
  return {host, said: () => output, logged};
}

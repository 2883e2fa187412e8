#!/usr/bin/env node
/**
 * Starts `main.ts`: in this process if its node runs TypeScript as it is, else in a child with the node that the project pins. An installed package holds
 * JavaScript instead, in `packed/`, because node strips no types below `node_modules`.
 */
import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import module from 'node:module';
import {constants} from 'node:os';
import {fileURLToPath} from 'node:url';
import {nodeFlags} from './platform/node-flags.js';

const nodeMajorMin = 26;
const self = fileURLToPath(import.meta.url);
const packed = new URL('../packed/main.js', import.meta.url);
const isPackage = !existsSync(new URL('main.ts', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= nodeMajorMin) {
  // Stripping types takes longer than running the sources, so the result is cached where possible.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/source-zoho', import.meta.url)));
  await import(isPackage ? packed.href : './main.ts');
} else {
  const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (existsSync(node)) runOn(node);
  else {
    const wayOut = isPackage
      ? 'install it from nodejs.org, or with nvm install 26'
      : "npm ci in the project's folder installs it";
    process.stderr.write(`Cannot run on node ${process.versions.node}: node ${nodeMajorMin} or newer is needed; ${wayOut}\n`);
    process.exitCode = 2;
  }
}

/**
 * The child inherits the standard streams. The channel only tells the child when this process is
 * gone, however it ended.
 *
 * @param {string} node
 */
function runOn(node) {
  const child = spawn(node, [...nodeFlags, self, ...process.argv.slice(2)], {stdio: ['inherit', 'inherit', 'inherit', 'ipc']});
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`Cannot start ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1;
    else {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
      process.exitCode = 128 + constants.signals[signal];
    }
  });
}

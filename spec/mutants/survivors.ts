/** Why a change to a line may live: what holds that line instead, or why it is not held. */
import {existsSync, readFileSync} from 'node:fs';
import {capture} from './reasons/capture.ts';
import {connector} from './reasons/connector.ts';
import {flow} from './reasons/flow.ts';
import {kernel} from './reasons/kernel.ts';
import type {Reasons} from './reasons/reasons.ts';
import {records} from './reasons/records.ts';
import {sinks} from './reasons/sinks.ts';
import {sources} from './reasons/sources.ts';
import {transforms} from './reasons/transforms.ts';
import {verify} from './reasons/verify.ts';
import {zoho} from './reasons/zoho.ts';

const known: Reasons = {
  ...capture,
  ...connector,
  ...flow,
  ...kernel,
  ...records,
  ...sinks,
  ...sources,
  ...transforms,
  ...verify,
  ...zoho,
};

/** The reason for a change to that line, or undefined where nobody has given one. Lines are counted from 1. */
export function reasonFor({file, line}: {readonly file: string; readonly line: number}, reasons = known): string | undefined {
  const text = linesOf(file)[line - 1] ?? '';
  return reasons[file]?.find(([part]) => text.includes(part))?.[1];
}

/** Entries whose file or line is gone. */
export function staleReasons(reasons = known): string[] {
  return Object.entries(reasons).flatMap(([file, parts]) =>
    parts.filter(([part]) => !linesOf(file).some((line) => line.includes(part))).map(([part]) => `${file}: ${part}`),
  );
}

const read = new Map<string, readonly string[]>();

function linesOf(file: string): readonly string[] {
  let lines = read.get(file);
  if (lines === undefined) {
    const path = new URL(`../../${file}`, import.meta.url);
    lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
    read.set(file, lines);
  }
  return lines;
}

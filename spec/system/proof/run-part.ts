/**
 * One part of `npm run proof` in a process of its own: `run-part.ts NAME SHARE` tells its parent
 * how far it is, and at last what it found.
 */

import type {Finding} from './part.ts';
import {parts} from './parts.ts';

/** What the process tells its parent. */
export type Told = {readonly line: string} | {readonly finding: Finding};

const [name, share] = process.argv.slice(2);
const part = parts.find((one) => one.name === name);
if (part === undefined) throw new Error(`Cannot run ${name}: there is no such part`);

const tell = (told: Told): void => void process.send?.(told);
const finding = await part.run({share: Number(share), tell: (line) => tell({line})}).catch(
  (error: unknown): Finding => ({
    counts: 'ended early',
    faults: [error instanceof Error ? error.message : String(error)],
  }),
);
tell({finding});
process.disconnect?.();

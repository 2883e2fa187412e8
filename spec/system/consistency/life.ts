/**
 * Edits by people in an organisation during a capture, as far as any connector could follow them.
 */
import {churnStep} from '../../../lib/sandbox/churn.ts';
import type {Random} from '../../../lib/sandbox/hash.ts';
import type {JumpCapture} from './jump-capture.ts';

/**
 * Makes one random edit in a module. A record restored with its old `Modified_Time` is edited at
 * once, unless the committed state knows that it was in the recycle bin. Otherwise no API of Zoho
 * shows that it is back.
 */
export function liveOn(capture: JumpCapture, module: string, random: Random): void {
  const made = capture.sandbox.org.module(module);
  const recycled = made
    .deletions()
    .filter(({permanent}) => !permanent)
    .map(({id}) => id);
  churnStep(capture.sandbox.org, random, {modules: [module], mostRecords: 20});
  const known = knownRecycled(capture, module);
  for (const id of recycled) if (!known.has(id) && made.get(id) !== undefined) made.edit(id);
}

function knownRecycled({task}: JumpCapture, module: string): ReadonlySet<string> {
  const {deleted} = task.stateOf({module}) as {deleted?: {recycled?: object}};
  return new Set(Object.keys(deleted?.recycled ?? {}));
}

/** One window full of changes, and its capture. */
import type {SwitchChoices} from '../../../lib/sandbox/switches.ts';
import {JumpCapture} from './jump-capture.ts';
import {narrow} from './modules.ts';

export interface ManyChanges {
  readonly changes: number;
  /** Seconds over which the changes are spread; 1 puts all of them into the same second. */
  readonly seconds?: number;
  /** Records that change again before each page is requested, while the first changes are paged. */
  readonly againPerPage?: number;
  /** Contacts have ids of 18 and of 19 digits, which sort differently as text. */
  readonly module?: 'Contacts' | 'Deals';
  readonly switches?: SwitchChoices;
}

export interface WindowOutcome {
  readonly differences: readonly string[];
  /** Documents written after the changes. */
  readonly documents: number;
  /** Records that changed while they were being paged. */
  readonly changedAgain: number;
  readonly queries: number;
}

/** Makes the changes in one window of an idle capture, and lets it catch up. */
export async function manyChanges(run: ManyChanges): Promise<WindowOutcome> {
  const {changes, seconds = 1, againPerPage = 0, module = 'Deals', switches} = run;
  let outcome: WindowOutcome | undefined;
  let changedAgain = 0;
  let beforeCoql: (() => void) | undefined;
  await JumpCapture.with(
    {
      modules: [narrow(module)],
      records: {[module]: changes},
      bindings: [{module}],
      ...(switches && {switches}),
      hooks: {beforeCoql: () => beforeCoql?.()},
    },
    async (capture) => {
      const {sandbox, clock} = capture;
      const org = sandbox.org.module(module);
      capture.start();
      await capture.catchUp();
      capture.commit();
      const [documents, queries] = [capture.documents, sandbox.meters.kind('coql').calls];
      const ids = [...org.ids()];
      const perSecond = Math.ceil(ids.length / seconds);
      for (let i = 0; i < ids.length; i += perSecond) {
        org.massEdit(ids.slice(i, i + perSecond), {Count: String(i)});
        if (seconds > 1) clock.advance(1_000);
      }
      let next = 0;
      beforeCoql = () => {
        if (changedAgain >= changes) return;
        const again = Array.from({length: againPerPage}, () => ids[(next += 7_919) % ids.length]!);
        if (again.length > 0) clock.advance(1_000);
        org.massEdit(again, {Name: `again ${next}`});
        changedAgain += again.length;
      };
      if (againPerPage > 0) await capture.until(() => changedAgain >= Math.min(changes, againPerPage * 20));
      beforeCoql = undefined;
      await capture.catchUp();
      outcome = {
        differences: capture.differences(),
        documents: capture.documents - documents,
        changedAgain,
        queries: sandbox.meters.kind('coql').calls - queries,
      };
    },
  );
  return outcome!;
}

/** What people do in the model while a capture runs. */
import type {VirtualClock} from '../../../lib/bench/virtual-clock.ts';
import type {Order} from './order.ts';
import type {ModelOrg} from './org.ts';
import type {Random} from './random.ts';

/** Edits of every kind at random moments. */
export async function churn(
  org: ModelOrg,
  order: Order,
  clock: VirtualClock,
  random: Random,
  untilMs: number,
  isSteady: boolean,
): Promise<void> {
  const restore = (touch: boolean): void => org.restore(touch, (id) => order.deleted.has(`#${id}`));
  const usual = [
    () => org.insert(),
    () => org.edit(),
    () => org.edit(),
    () => org.edit(),
    () => org.massEdit(3 + random.below(12)),
    () => org.delete(),
    () => restore(random.chance(0.5)),
    () => org.drift(),
  ];
  // What an edit changes is refreshed in any case.
  const steady = [
    () => org.insert(),
    () => org.edit(),
    () => org.delete(),
    () => restore(false),
    () => restore(false),
    () => org.drift(),
  ];
  const actions = isSteady ? steady : usual;
  const paceMs = random.pick([300, 3_000, 10_000]);
  while (clock.nowMs() < untilMs) {
    await clock.sleep(random.below(paceMs));
    random.pick(actions)();
  }
}

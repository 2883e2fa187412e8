/** What all bindings of a process share. */
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import type {Semaphore} from '../platform/semaphore.ts';
import type {PageSize} from '../sources/page-size.ts';
import type {ZohoClient} from '../zoho/api.ts';
import type {CreditReserve} from './credit-reserve.ts';
import type {OutageLine} from './outage-line.ts';
import type {BindingProgress} from './progress.ts';
import type {IdBudget} from './seen/id-table.ts';
import type {WatchedSink} from './watched-sink.ts';

/** An outage as one binding sees it. It is over once the binding has received anything else. */
export interface Outage {
  readonly sinceMs: number;
  readonly received: number;
}

export interface Shared {
  readonly client: ZohoClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly sink: WatchedSink;
  readonly jobSlots: Semaphore;
  readonly pageSlots: Semaphore;
  readonly sweepSlots: Semaphore;
  /** All captured bindings. */
  readonly bindings: readonly {readonly progress: BindingProgress}[];
  /** The bindings that cannot reach Zoho at present. */
  readonly outageOf: Map<BindingProgress, Outage>;
  /** Where bindings wait for their turn to retry. */
  readonly outages: OutageLine;
  /** Indexes of the bindings whose scope Zoho rejects. */
  readonly unscoped: Set<number>;
  readonly filterIds: IdBudget;
  readonly emittedIds: IdBudget;
  readonly refreshedIds: IdBudget;
  /** What waits while Zoho's credits run short. */
  readonly credits: CreditReserve;
  /** Ids that this organisation accepts in a COQL list. */
  readonly listSize: PageSize;
}

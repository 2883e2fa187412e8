/** Broken controls: one defect at a time, each of which the model check must catch. */
import {BackfillFilter} from '../../../lib/capture/seen/backfill-filter.ts';
import {instantOf, secondsOf} from '../../../lib/flow/state.ts';
import type {ZohoClient} from '../../../lib/zoho/api.ts';
import type {Task} from '../../harness/runtime.ts';
import type {ModelZoho} from './client.ts';
import {type Control, patched, replaced} from './patched.ts';

const client =
  (change: (client: ZohoClient, zoho: ModelZoho, task: Task) => Partial<ZohoClient>) =>
  (real: ZohoClient, zoho: ModelZoho, task: Task): ZohoClient => ({...real, ...change(real, zoho, task)});

export const controls: readonly Control[] = [
  {name: 'the filter is off', seed: 7, breakIt: () => replaced(BackfillFilter.prototype, {allows: () => true})},
  forgetsOverlap(),
  {
    name: 'rows of a refresh are not filtered',
    seed: 12,
    breakIt() {
      let refreshing = false;
      const mendPatches = patched((patch) => {
        if ('is_connector_initiated' in patch) refreshing = patch.is_connector_initiated === true;
      });
      const {allows: admits} = BackfillFilter.prototype;
      const mendGate = replaced(BackfillFilter.prototype, {
        allows(id) {
          return refreshing || admits.call(this, id);
        },
      });
      return () => {
        mendGate();
        mendPatches();
      };
    },
  },
  {
    name: 'a resubmitted job inherits the row count',
    seed: 43,
    breakIt: () =>
      patched((patch) => {
        if (patch.backfill?.job != null && patch.backfill.rows === null) delete patch.backfill.rows;
        if (patch.backfill != null && patch.backfill.job === null) delete patch.backfill.rows;
      }),
  },
  {
    name: 'the cursor moves too far',
    seed: 2,
    breakIt: () =>
      patched(({inc}) => {
        if (typeof inc?.cursor === 'string') inc.cursor = instantOf(secondsOf(inc.cursor) + 90);
      }),
  },
  {
    name: 'the second page is skipped',
    seed: 6,
    run: {
      wrap: client((real) => ({
        job: async (id, signal) => ({...(await real.job(id, signal)), nextPageToken: undefined, more: false}),
      })),
    },
  },
  {
    name: 'a tombstone is written without asking whether the record lives',
    seed: 6,
    run: {
      wrap: client((real) => ({
        coql: (query, signal, options) =>
          query.text.includes(' in (') ? Promise.resolve(null) : real.coql(query, signal, options),
      })),
    },
  },
  {name: 'pages shift by offset', seed: 29, run: {pagesShift: true}},
];

/**
 * The gate does not hear of records that were modified before the cutoff: those that became visible
 * late.
 */
function forgetsOverlap(): Control {
  let modified: (id: bigint) => number = () => Number.POSITIVE_INFINITY;
  let cutoffS = 0;
  return {
    name: 'the filter forgets the overlap below the cutoff',
    seed: 45,
    run: {
      wrap(real, zoho) {
        modified = (id) =>
          zoho.org.seen(zoho.clock.nowMs()).find((record) => record.id === id)?.modifiedS ?? Number.POSITIVE_INFINITY;
        return real;
      },
    },
    breakIt() {
      const mendPatches = patched((patch, state) => {
        const cutoff = patch.backfill?.cutoff ?? state.backfill?.cutoff;
        if (typeof cutoff === 'string') cutoffS = secondsOf(cutoff);
      });
      const {record: passed} = BackfillFilter.prototype;
      const mendGate = replaced(BackfillFilter.prototype, {
        record(id, emission) {
          if (modified(id) >= cutoffS) passed.call(this, id, emission);
        },
      });
      return () => {
        mendGate();
        mendPatches();
      };
    },
  };
}

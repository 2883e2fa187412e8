/**
 * Planted defects: each breaks one promise of the connector, and a run must catch it: chaos in
 * processes of their own, the specs in short.
 */
import {BackfillFilter} from '../../../lib/capture/seen/backfill-filter.ts';
import {RefreshedValues} from '../../../lib/capture/seen/refreshed-values.ts';
import {instantOf, secondsOf} from '../../../lib/flow/state.ts';
import {FlowSink} from '../../../lib/sinks/flow.ts';
import {patchOf} from '../../../lib/sinks/sink.ts';
import {AccessToken} from '../../../lib/zoho/access-token.ts';
import {Endpoints} from '../../../lib/zoho/endpoints.ts';
import {patched, replaced} from '../model/patched.ts';
import {seenOnly} from '../model/restart-controls.ts';

const later = (instant: unknown, seconds: number): string => instantOf(secondsOf(String(instant)) + seconds);

const planters = {
  /** Bulk rows overwrite what sweeps captured after the photograph (G2). */
  'the filter of bulk rows is off': () => replaced(BackfillFilter.prototype, {allows: () => true}),
  /** What refreshes bring is thrown away (G1, formulas). */
  'refreshes write nothing': () => replaced(RefreshedValues.prototype, {holds: () => true}),
  /** The cursor passes what was not read (G3). */
  'the cursor moves too far': () =>
    patched(({inc}) => {
      if (typeof inc?.cursor === 'string') inc.cursor = later(inc.cursor, 150);
    }),
  /** Deletions are passed over (G1). */
  'the deletions cursor moves too far': () =>
    patched(({deleted}) => {
      if (typeof deleted?.cursor === 'string') deleted.cursor = later(deleted.cursor, 150);
    }),
  /** The second page of a range is never asked for (G1). */
  'the second page is skipped'() {
    const {job} = Endpoints.prototype;
    return replaced(Endpoints.prototype, {
      async job(id, signal) {
        return {...(await job.call(this, id, signal)), nextPageToken: undefined, more: false};
      },
    });
  },
  /** More rows are recorded than were written (G4). */
  'rows are recorded ahead': () =>
    patched(({backfill}) => {
      if (typeof backfill?.rows === 'number') backfill.rows += 100;
    }),
  /** A checkpoint goes out before its documents (G4). */
  'checkpoints go before their documents'() {
    const {write} = FlowSink.prototype;
    return replaced(FlowSink.prototype, {
      async write(piece) {
        const {patch: late, docs, ...rest} = piece;
        const patch = typeof late === 'function' ? late() : late;
        if (patch === undefined || docs === undefined || docs.count === 0) return write.call(this, {...piece, patch});
        await write.call(this, {...rest, patch});
        return write.call(this, {...rest, docs});
      },
    });
  },
  /** Deletions are written without asking whether the record lives again (design 5.4). */
  'deletions are believed blindly'() {
    const {coql} = Endpoints.prototype;
    return replaced(Endpoints.prototype, {
      async coql(this: Endpoints, query, signal, options) {
        return query.text.includes(' in (') ? null : coql.call(this, query, signal, options);
      },
    });
  },
  /** State is kept under the position of a binding, not under its key (design 6). */
  'state is kept by position'() {
    const {write} = FlowSink.prototype;
    return replaced(FlowSink.prototype, {
      write(piece) {
        const keys = ['Contacts', 'Deals', 'Leads', 'Products'];
        const moved = (): ReturnType<typeof patchOf> => {
          const patch = patchOf(piece);
          const states = patch?.bindingStateV1;
          if (typeof states !== 'object' || states === null) return patch;
          return {
            ...patch,
            bindingStateV1: Object.fromEntries(Object.values(states).map((state) => [keys[piece.target.index], state])),
          };
        };
        return write.call(this, {...piece, patch: moved});
      },
    });
  },
  /** After a restart nothing is known of what was emitted since a range began (G2). */
  'what was emitted is not kept': () => seenOnly(new Set()),
  /**
   * What fields owe is forgotten with the process (G1, fields that are new or only Bulk Read
   * reads).
   */
  'what is owed is not kept': () => patched(({fields}) => void delete fields?.owed),
  /** A refused access token is asked with again (design 7). */
  'refused tokens are kept': () => replaced(AccessToken.prototype, {invalidate: () => {}}),
} as const satisfies Record<string, () => () => void>;

export type Defect = keyof typeof planters;

/** All of them. */
export const defects = Object.keys(planters) as readonly Defect[];

/** Plants a defect in this process; call its result to undo that. */
export function plant(defect: Defect): () => void {
  return planters[defect]();
}

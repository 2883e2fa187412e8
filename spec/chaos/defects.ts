/** Planted defects: each breaks one promise of the connector, in its own process, and a chaos run must catch it. */
import {Binding} from '../../lib/binding.ts';
import {instantOf, secondsOf} from '../../lib/flow/state.ts';
import {Gate} from '../../lib/gate.ts';
import {FlowSink} from '../../lib/sinks/flow.ts';
import {Calls} from '../../lib/zoho/calls.ts';
import {Token} from '../../lib/zoho/token.ts';

interface Patch {
  backfill?: Record<string, unknown> | null;
  inc?: Record<string, unknown>;
  deleted?: Record<string, unknown>;
  is_connector_initiated?: boolean;
}

/** Changes every patch of a binding on its way to the sink, and the state it moves. */
function patched(change: (patch: Patch) => void): void {
  const {put, patch} = Binding.prototype;
  Binding.prototype.put = function (batch, admit) {
    const copy = batch.patch && structuredClone(batch.patch);
    if (copy) change(copy);
    return put.call(this, {...batch, patch: copy}, admit);
  };
  Binding.prototype.patch = function (given) {
    const copy = structuredClone(given);
    change(copy);
    return patch.call(this, copy);
  };
}

const later = (instant: unknown, seconds: number): string => instantOf(secondsOf(String(instant)) + seconds);

const planters = {
  /** Bulk rows overwrite what sweeps captured after the photograph (G2). */
  'the filter of bulk rows is off'() {
    Gate.prototype.admits = () => true;
  },
  /** What refreshes bring is thrown away (G1, formulas). */
  'refreshes write nothing'() {
    const {admits} = Gate.prototype;
    let refreshing = false;
    patched((patch) => {
      if ('is_connector_initiated' in patch) refreshing = patch.is_connector_initiated === true;
    });
    const {emit} = Binding.prototype;
    Binding.prototype.emit = function (rows, admit, signal) {
      const own = admit === this.admitBulk && this.refreshing ? () => false : admit;
      return emit.call(this, rows, own, signal);
    };
    Gate.prototype.admits = function (id) {
      return !refreshing && admits.call(this, id);
    };
  },
  /** The cursor passes what was not read (G3). */
  'the cursor moves too far'() {
    patched(({inc}) => {
      if (typeof inc?.cursor === 'string') inc.cursor = later(inc.cursor, 150);
    });
  },
  /** Deletions are passed over (G1). */
  'the deletions cursor moves too far'() {
    patched(({deleted}) => {
      if (typeof deleted?.cursor === 'string') deleted.cursor = later(deleted.cursor, 150);
    });
  },
  /** The second page of a range is never asked for (G1). */
  'the second page is skipped'() {
    const {job} = Calls.prototype;
    Calls.prototype.job = async function (id, signal) {
      return {...(await job.call(this, id, signal)), nextPageToken: undefined, more: false};
    };
  },
  /** More rows are recorded than were written (G4). */
  'rows are recorded ahead'() {
    patched(({backfill}) => {
      if (typeof backfill?.rows === 'number') backfill.rows += 100;
    });
  },
  /** A checkpoint goes out before its documents (G4). */
  'checkpoints go before their documents'() {
    const {write} = FlowSink.prototype;
    FlowSink.prototype.write = async function (piece) {
      const {patch, docs, ...rest} = piece;
      if (patch === undefined || docs === undefined || docs.count === 0) return write.call(this, piece);
      await write.call(this, {...rest, patch});
      return write.call(this, {...rest, docs});
    };
  },
  /** Deletions are written without asking whether the record lives again (design 5.4). */
  'deletions are believed blindly'() {
    const {coql} = Calls.prototype;
    Calls.prototype.coql = async function <T>(
      this: Calls,
      query: string,
      read: (body: AsyncIterable<Uint8Array>) => Promise<T>,
      signal: AbortSignal,
    ): Promise<T | null> {
      const answer: unknown = query.includes(' in (') ? null : await coql.call(this, query, read, signal);
      return answer as T | null;
    };
  },
  /** State is kept under the position of a binding, not under its key (design 6). */
  'state is kept by position'() {
    const {write} = FlowSink.prototype;
    FlowSink.prototype.write = function (piece) {
      const {patch, target} = piece;
      const states = patch?.bindingStateV1;
      if (typeof states !== 'object' || states === null) return write.call(this, piece);
      const keys = ['Contacts', 'Deals', 'Leads', 'Products'];
      const moved = Object.fromEntries(Object.values(states).map((state) => [keys[target.index], state]));
      return write.call(this, {...piece, patch: {...patch, bindingStateV1: moved}});
    };
  },
  /** A refused access token is asked with again (design 7). */
  'refused tokens are kept'() {
    Token.prototype.invalidate = () => {};
  },
} as const satisfies Record<string, () => void>;

export type Defect = keyof typeof planters;

/** Names of all of them. */
export const defects: readonly string[] = Object.keys(planters);

/** Plants a defect in this process, for good. */
export function plant(defect: Defect): void {
  planters[defect]();
}

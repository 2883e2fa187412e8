/**
 * A Zoho of one module behind the client's interface, for what COQL makes of windows: hidden
 * milliseconds, odd flags, pages that fail by their size.
 */
import {ZohoError} from '../../lib/errors/errors.ts';
import {silent} from '../../lib/platform/log.ts';
import type {Batch, RowBlock} from '../../lib/records/batch.ts';
import type {CoqlContext, CoqlPlan} from '../../lib/sources/coql.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import {type CoqlAnswer, parseCoql} from '../../lib/transforms/parse-json.ts';
import type {CoqlOptions, ZohoClient} from '../../lib/zoho/api.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {inPieces} from '../transforms/archive.ts';

/** The cursor that a batch moves to, if any. */
export const incOf = ({patch}: Batch<RowBlock>): unknown => (typeof patch === 'function' ? patch() : patch)?.inc;

export interface WindowRecord {
  readonly id: string;
  /** Epoch milliseconds; shown as whole seconds. */
  readonly modifiedMs: number;
}

export interface WindowOptions {
  readonly records: readonly WindowRecord[];
  readonly nowS: number;
  /** Whether conditions and order go by the milliseconds that are not shown. */
  readonly hiddenMs?: boolean;
  /** How `more_records` is written. */
  readonly flags?: 'plain' | 'text' | 'missing';
  /** Rows of an answer, whatever was asked for. */
  readonly rowsMax?: number;
  /** Values of an `in` list, and what refuses more. */
  readonly listMax?: number;
  readonly listCode?: string;
  /** Whole records that an answer serves; more fail in this way. */
  readonly servedMax?: number;
  readonly failure?: ZohoError;
  /** A record that cannot be served whole. */
  readonly poison?: string;
  /** Nothing is answered at all. */
  readonly isDown?: () => boolean;
  /** Whether the records of one second may be asked for by id. */
  readonly bySecond?: boolean;
}

export interface WindowZoho {
  readonly plan: CoqlPlan;
  readonly context: CoqlContext;
  readonly queries: string[];
  /** Records left out, and why. */
  readonly unserved: string[];
  /** Ranges looked up by bulk read jobs. */
  readonly bulk: [fromS: number, toS: number][];
}

export const unavailable = new ZohoError('unavailable', 'Cannot query module Leads: Zoho answers INTERNAL_ERROR', {status: 500});

export function windowZoho(options: WindowOptions): WindowZoho {
  const {records, nowS, hiddenMs = false, flags = 'plain', rowsMax = 2_000, listMax = 100, listCode = 'LIMIT_EXCEEDED'} = options;
  const {servedMax = 2_000, failure = unavailable, poison, isDown = () => false, bySecond = true} = options;
  const queries: string[] = [];
  const unserved: string[] = [];
  const bulk: [number, number][] = [];
  const timeOf = ({modifiedMs}: WindowRecord): number => (hiddenMs ? modifiedMs : Math.floor(modifiedMs / 1000) * 1000);
  const sorted = [...records].sort((a, b) => timeOf(a) - timeOf(b) || (BigInt(a.id) < BigInt(b.id) ? -1 : 1));

  function matching(query: string): WindowRecord[] {
    const list = /where id in \(([^)]*)\)/.exec(query)?.[1];
    if (list !== undefined) {
      const ids = new Set(list.replaceAll(/[' ]/g, '').split(','));
      if (ids.size > listMax) throw new ZohoError('refused', `Zoho answers ${listCode}`, {code: listCode, status: 400});
      return sorted.filter(({id}) => ids.has(id));
    }
    const second = /Modified_Time >= '([^']+)' and Modified_Time < '([^']+)'\) and id > '(\d+)'/.exec(query);
    if (second !== null) {
      if (!bySecond) throw new ZohoError('refused', 'Zoho answers SYNTAX_ERROR', {code: 'SYNTAX_ERROR', status: 400});
      const [, from = '', to = '', id = ''] = second;
      return sorted
        .filter((it) => timeOf(it) >= Date.parse(from) && timeOf(it) < Date.parse(to) && BigInt(it.id) > BigInt(id))
        .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    }
    const [, from = '', , id] = /Modified_Time >=? '([^']+)'( or .* id > '(\d+)')?/.exec(query) ?? [];
    const fromMs = Date.parse(from);
    return sorted.filter(
      (it) => timeOf(it) > fromMs || (timeOf(it) === fromMs && (id === undefined || BigInt(it.id) > BigInt(id))),
    );
  }

  const client = {
    nowSeconds: async () => nowS,
    async coql(
      {text: query, columns}: CoqlQuery,
      _signal: AbortSignal,
      {fields, bytesMax}: CoqlOptions = {},
    ): Promise<CoqlAnswer | null> {
      queries.push(query);
      if (queries.length > 10_000) throw new Error('The pages do not come to an end');
      if (isDown()) throw unavailable;
      const found = matching(query);
      const limit = Number(/ limit 0, (\d+)$/.exec(query)?.[1]);
      const page = found.slice(0, Math.min(limit, rowsMax));
      const isWhole = query.includes('Name');
      if (isWhole && (page.length > servedMax || page.some(({id}) => id === poison))) throw failure;
      if (page.length === 0) return null;
      const data = page.map(({id, modifiedMs}) => ({id, Modified_Time: iso(modifiedMs), ...(isWhole && {Name: `n${id}`})}));
      const more = found.length > page.length;
      const info = {plain: {more_records: more}, text: {more_records: String(more)}, missing: {}}[flags];
      return parseCoql(inPieces(Buffer.from(JSON.stringify({data, info}))), columns, fields, bytesMax);
    },
  } as unknown as ZohoClient;

  return {
    queries,
    unserved,
    bulk,
    plan: {
      module: 'Leads',
      slices: [['id', 'Modified_Time', 'Name']],
      fields: new Map(),
      pageSize: new PageSize({most: 2_000, shrinkBy: 4}),
      listSize: new PageSize({most: 100}),
    },
    context: {
      client,
      signal: new AbortController().signal,
      log: silent,
      quarantine: {
        has: () => false,
        add: ({id, fault}) => unserved.push(`${id} ${fault}`),
        addUnread: () => {},
      },
      async *bulkIds(fromS, toS) {
        bulk.push([fromS, toS]);
        yield records.filter(({modifiedMs}) => modifiedMs >= fromS * 1000 && modifiedMs < toS * 1000).map(({id}) => id);
      },
    },
  };
}

function iso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}+00:00`;
}

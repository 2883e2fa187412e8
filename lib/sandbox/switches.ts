/**
 * How this Zoho can differ: where sources conflict or are silent, and where organisations differ.
 */
import {type CoqlSwitches, coqlDefaults} from './coql/switches.ts';
import type {RowOrder} from './layout.ts';

export interface Switches {
  // Token endpoint (zoho-api sheet 1.2)

  /** Life of an access token. */
  readonly tokenLifeS: number;
  /** Access tokens of one refresh token within the window; further ones are refused. */
  readonly tokensPerWindow: number;
  readonly tokenWindowS: number;
  /** Status of that refusal: reports say 400, an announcement says 200. */
  readonly throttleStatus: 200 | 400;
  /** Live access tokens of one refresh token; a further one ends the oldest. */
  readonly liveTokens: number;
  /** `expires_in` in seconds, or in milliseconds with `expires_in_sec` beside it. */
  readonly expiresIn: 'seconds' | 'milliseconds';
  /** Whether the token answer names its scopes. */
  readonly scopeInAnswer: boolean;
  /** `api_domain` of the token answer; by default the sandbox's own address. */
  readonly apiDomain: string | undefined;
  /**
   * Whether the user's profile has the developer permission (zoho-api sheet 1.3). Without it, every
   * answer is 403.
   */
  readonly apiAccess: boolean;

  // Metadata (zoho-api sheet 3, 12)

  /** Whether a module's fields include its records' `id`, as they do since version 4. */
  readonly idListed: boolean;

  // Bulk Read (zoho-api sheet 4)

  /** Rows of one job. */
  readonly rowsPerJob: number;
  /** Time from the start of a job until it is completed. */
  readonly jobMs: number;
  /** Time from the submission of a job until it starts. */
  readonly queueMs: number;
  /** Whether the organisation's jobs run one after another. */
  readonly serialJobs: boolean;
  /**
   * The moment that a page shows: when its job was submitted, when it runs, or that of the first
   * page for all later ones.
   */
  readonly photograph: 'submit' | 'run' | 'first page';
  /**
   * Broken control: a page begins after a number of current records, not after the previous page's
   * last row.
   */
  readonly pagesShift: boolean;
  readonly rowOrder: RowOrder;
  readonly pageTokenLifeS: number;
  readonly resultLifeS: number;
  /** Status for a job or result that is unknown or expired. */
  readonly goneStatus: 400 | 404;
  /**
   * Whether a job without rows has a file with only a header; or no `download_url`, and 204 or 404
   * instead of a file.
   */
  readonly emptyFile: 'header' | 'none 204' | 'none 404';
  /** Whether status answers hold `result` before the job is completed, as samples do. */
  readonly resultEarly: boolean;
  readonly downloadsPerMinute: number;
  /** Fields beyond which a job exports all of them. */
  readonly fieldsMax: number;
  /** Whether the refusal of a hidden or unknown field names it. */
  readonly refusedFieldNamed: boolean;

  // Files (zoho-api sheet 4.4)

  readonly lineEnd: '\r\n' | '\n';
  readonly quoteAll: boolean;
  readonly byteOrderMark: boolean;
  readonly listSeparator: ';' | ',';
  readonly booleans: 'lower' | 'title' | 'upper';
  /**
   * Numbers as stored; as programs write doubles (`1.0E7`, `42.0`); or percentages with their sign
   * (`45%`).
   */
  readonly numbers: 'plain' | 'scientific' | 'percent sign';
  /**
   * Half a surrogate pair: as the character that Zoho puts in its place, or as a byte that is not
   * UTF-8.
   */
  readonly halves: 'replaced' | 'byte';
  /** Name of the id column. */
  readonly idColumn: 'Id' | 'id';
  /**
   * Whether files have an unrequested column with the module's name beside a lookup of several
   * modules.
   */
  readonly addedColumns: boolean;
  /** Columns in the requested order after the id, or in another one. */
  readonly columnOrder: 'asked' | 'scrambled';
  /** Sizes after the data (flag bit 3) or before them; or stored uncompressed, in either way. */
  readonly zip: 'descriptor' | 'sizes' | 'stored' | 'stored descriptor';
  /** Whether the length of a file is announced. */
  readonly contentLength: boolean;
  /** 1 (fast) to 9. */
  readonly deflateLevel: number;

  // Values

  /** Time zone of the organisation, used for datetimes. */
  readonly zone: string;
  /** Multi-select values in COQL: an array, or one text joined by `;`. */
  readonly coqlLists: 'array' | 'joined';
  /** Numeric formulas in COQL: numbers, or their text. */
  readonly coqlFormulas: 'typed' | 'text';

  readonly coql: CoqlSwitches;

  // Answers without content

  /** How COQL, the feed of deletions and Get Records answer when there is nothing. */
  readonly nothing: 'status 204' | 'empty object' | 'null data' | 'no data' | 'empty list' | 'empty data';

  // Deleted records (zoho-api sheet 6)

  readonly deletedOrder: 'ascending' | 'descending' | 'shuffled';
  /** Status when nothing was deleted since `If-Modified-Since`. */
  readonly unchangedStatus: 204 | 304;
  /** Rows of a page, even if more were requested and exist. */
  readonly deletedServedMax: number;
  /** How far the feed lags behind the other APIs. */
  readonly deletedLateMs: number;
  /** Rows that pages of the feed reach. */
  readonly deletedRowsMax: number;
  /** Whether refusals of the feed are wrapped in `data`, as in the newest specification. */
  readonly deletedRefusalsWrapped: boolean;
  readonly recycledLifeDays: number;
  readonly permanentLifeDays: number;
}

export const defaults: Switches = {
  tokenLifeS: 3_600,
  tokensPerWindow: 10,
  tokenWindowS: 600,
  throttleStatus: 400,
  liveTokens: 10,
  expiresIn: 'seconds',
  scopeInAnswer: true,
  apiDomain: undefined,
  apiAccess: true,
  idListed: true,
  rowsPerJob: 200_000,
  jobMs: 0,
  queueMs: 0,
  serialJobs: false,
  photograph: 'run',
  pagesShift: false,
  rowOrder: 'id',
  pageTokenLifeS: 86_400,
  resultLifeS: 86_400,
  goneStatus: 404,
  emptyFile: 'header',
  resultEarly: false,
  downloadsPerMinute: 10,
  fieldsMax: 200,
  refusedFieldNamed: false,
  lineEnd: '\r\n',
  quoteAll: false,
  byteOrderMark: false,
  listSeparator: ';',
  booleans: 'lower',
  numbers: 'plain',
  halves: 'replaced',
  idColumn: 'Id',
  addedColumns: true,
  columnOrder: 'asked',
  zip: 'descriptor',
  contentLength: false,
  deflateLevel: 1,
  zone: 'America/Los_Angeles',
  coqlLists: 'array',
  coqlFormulas: 'typed',
  coql: coqlDefaults,
  nothing: 'status 204',
  deletedOrder: 'descending',
  unchangedStatus: 304,
  deletedServedMax: 200,
  deletedLateMs: 0,
  deletedRowsMax: Number.POSITIVE_INFINITY,
  deletedRefusalsWrapped: false,
  recycledLifeDays: 60,
  permanentLifeDays: 120,
};

/** Switches to change; those of COQL one by one. */
export type SwitchChoices = Partial<Omit<Switches, 'coql'>> & {readonly coql?: Partial<CoqlSwitches>};

export function switched(choices: SwitchChoices, from: Switches = defaults): Switches {
  return {...from, ...choices, coql: {...from.coql, ...choices.coql}};
}

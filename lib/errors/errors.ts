/** The failures the connector tells apart. Behaviour hangs on the class and `kind`, never on the text. */

/**
 * What a failure of Zoho means for what happens next (zoho-api sheet 8.3):
 *
 * - `credentials`: token, scope, permission or data centre is wrong for everything; the capture stops.
 * - `module`: the module itself cannot be read; it is paused and tried again later.
 * - `field`: Zoho refuses the field named by `field`; drop it for this API and ask again.
 * - `expired`: a page token is no longer valid; the range starts again from its first page.
 * - `lost`: a job or its result is unknown to Zoho, or no longer kept; submit the job again.
 * - `unready`: the result of a finished job is not there, yet or any more; ask again for a while, then submit the job again.
 * - `failed`: Zoho reports that a job failed.
 * - `unavailable`: limits, outages or cut connections that outlived their retries; try later.
 * - `damaged`: an answer or file arrived that cannot be what Zoho meant to send.
 * - `short`: a file ended before its end, but what came was sound as far as it went.
 * - `refused`: any other definite refusal of the request as it stands.
 */
export type ZohoFailure =
  | 'credentials'
  | 'module'
  | 'field'
  | 'expired'
  | 'lost'
  | 'unready'
  | 'failed'
  | 'unavailable'
  | 'damaged'
  | 'short'
  | 'refused';

export interface ZohoErrorOptions extends ErrorOptions {
  /** Zoho's own code, such as `FIELD_NOT_SUPPORTED`. */
  readonly code?: string;
  readonly status?: number;
  /** The field that Zoho refused, for kind `field`. */
  readonly field?: string;
  /** For a query that Zoho cannot read: the word at which it stopped, or the one before it. */
  readonly near?: string | undefined;
  /** For a scope that Zoho refuses: whether no call that takes it was ever answered well. */
  readonly isScopeUnproven?: boolean;
}

/** An answer of Zoho, or its absence, that the connector cannot use as it is. */
export class ZohoError extends Error {
  override readonly name = 'ZohoError';
  readonly kind: ZohoFailure;
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly field: string | undefined;
  readonly near: string | undefined;
  readonly isScopeUnproven: boolean;

  constructor(kind: ZohoFailure, message: string, options: ZohoErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
    this.code = options.code;
    this.status = options.status;
    this.field = options.field;
    this.near = options.near;
    this.isScopeUnproven = options.isScopeUnproven ?? false;
  }
}

/** Input of the user (config, command line, spec file, saved state) that cannot be used; the message says what and how to mend it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The exit code a failure ends the process with (design: 1 failed, 2 usage or config, 3 credentials). */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return 2;
  if (error instanceof ZohoError && error.kind === 'credentials') return 3;
  return 1;
}

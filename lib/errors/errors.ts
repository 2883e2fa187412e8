/**
 * The connector's kinds of failure. Behaviour depends on the class and `kind`, never on the text.
 */

/**
 * What a failure means for what happens next (zoho-api sheet 8.3):
 *
 * - `credentials`: token, scope, permission or data centre is wrong for everything; the capture
 *   stops.
 * - `module`: the module itself cannot be read; it is paused and retried later.
 * - `field`: Zoho refuses the field in `field`; omit it for this API and ask again.
 * - `expired`: a page token is no longer valid; the range starts over from its first page.
 * - `lost`: Zoho does not know a job, or no longer keeps its result; submit the job again.
 * - `unready`: the result of a finished job is missing; ask again for a while, then submit the job
 *   again.
 * - `failed`: Zoho reports that a job failed.
 * - `unavailable`: limits, outages or cut connections outlasted all retries; try later.
 * - `damaged`: an answer or a file that Zoho cannot have meant to send.
 * - `short`: a file ended early, but was valid as far as it went.
 * - `refused`: any other definite refusal of the request.
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
  /** For a query that Zoho cannot parse: the word at which it stopped, or the one before. */
  readonly near?: string | undefined;
  /** For a refused scope: whether no call that needs it has ever succeeded. */
  readonly isScopeUnproven?: boolean;
}

/** An answer from Zoho, or a missing one, that the connector cannot use. */
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

/**
 * Invalid user input (config, command line, spec file, saved state). The message says what is wrong
 * and how to correct it.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The exit code for a failure (design: 1 failed, 2 usage or config, 3 credentials). */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return 2;
  if (error instanceof ZohoError && error.kind === 'credentials') return 3;
  return 1;
}

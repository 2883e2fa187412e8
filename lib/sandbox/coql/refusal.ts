/**
 * How Zoho refuses a query: one flat object, nearly always with status 400 (zoho-api sheet 5.6,
 * 12).
 */

export type CoqlCode =
  | 'SYNTAX_ERROR'
  | 'INVALID_QUERY'
  | 'INVALID_MODULE'
  | 'INVALID_DATA'
  | 'LIMIT_EXCEEDED'
  | 'MANDATORY_NOT_FOUND'
  | 'DUPLICATE_DATA'
  | 'DUPLICATE_ALIAS'
  | 'INVALID_ALIAS'
  | 'NO_PERMISSION'
  | 'OAUTH_SCOPE_MISMATCH';

/** A refused query; `body` is Zoho's answer. */
export class CoqlRefusal extends Error {
  override readonly name = 'CoqlRefusal';
  readonly status: number;
  readonly body: string;

  constructor(code: CoqlCode, message: string, details: Readonly<Record<string, unknown>> = {}, status = 400) {
    super(`${code}: ${message}`);
    this.status = status;
    this.body = JSON.stringify({code, details, message, status: 'error'});
  }
}

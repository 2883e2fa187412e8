/** Connections that fail, and why, in words. Knows nothing of Zoho. */

/** A connection that failed, or ended before the answer did. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  /** Whether the server may have received the request. */
  readonly mayHaveArrived: boolean;
  /** Whether it timed out. */
  readonly isTimeout: boolean;

  constructor(message: string, sent: boolean, {isTimeout = false, ...options}: ErrorOptions & {isTimeout?: boolean}) {
    super(message, options);
    this.mayHaveArrived = sent;
    this.isTimeout = isTimeout;
  }
}

/** What a failure of the network means for the request, with words for people. */
export function lostBy(error: unknown, host: string): ConnectionLost {
  const code = codeOf(error);
  const before = notSent.get(code) ?? (isTlsCode(code) ? 'its certificate cannot be trusted' : undefined);
  if (before !== undefined) return new ConnectionLost(`cannot reach ${host}: ${before} (${code})`, false, {cause: error});
  const after = sentMeanings.get(code) ?? 'the connection was cut';
  return new ConnectionLost(`no complete answer from ${host}: ${after}${code === '' ? '' : ` (${code})`}`, true, {
    cause: error,
    isTimeout: timeouts.has(code),
  });
}

/** Codes of failures before anything was sent, and their meaning. */
const notSent: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'its name is unknown'],
  ['EAI_AGAIN', 'its name cannot be looked up at the moment'],
  ['EHOSTUNREACH', 'there is no route to it'],
  ['ENETUNREACH', 'there is no route to it'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it does not accept the connection'],
  ['UND_ERR_PRX_CONN', 'the proxy does not connect'],
  ['UND_ERR_PRX_TLS', 'the proxy does not connect'],
]);

const sentMeanings: ReadonlyMap<string, string> = new Map([
  ['UND_ERR_HEADERS_TIMEOUT', 'it does not answer'],
  ['UND_ERR_BODY_TIMEOUT', 'it stopped in the middle of its answer'],
  ['UND_ERR_HEADERS_OVERFLOW', 'the headers of its answer are too large'],
]);

const timeouts: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

function isTlsCode(code: string): boolean {
  return /CERT|^ERR_TLS|^UNABLE_TO_|SIGNATURE/.test(code);
}

/** The first code of an error and its causes that shows that nothing was sent, or the deepest. */
function codeOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 3) return '';
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  const own = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return notSent.has(own) || isTlsCode(own) ? own : codeOf(inner, depth + 1) || own;
}

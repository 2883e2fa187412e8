/** COQL queries: the request, and the forms of its answer (zoho-api sheet 5). */
import {ZohoError} from '../errors/errors.ts';
import {queryTriesMax} from '../limits.ts';
import {jsonOf} from '../platform/json.ts';
import type {Log} from '../platform/log.ts';
import {type CoqlAnswer, parseCoql} from '../transforms/parse-json.ts';
import type {CoqlOptions} from './api.ts';
import {type Call, ErrorReply} from './attempt.ts';
import type {Caller} from './caller.ts';
import {type CoqlQuery, countQuery, queryCredits, selects} from './coql.ts';
import {type Answer, isEmpty} from './http.ts';
import {coqlBytesMax, errorBytesMax} from './limits.ts';
import {countIn, hiddenApiError, saysNothing} from './schemas.ts';

/** Reads an answer that has a body. */
type Reader<T> = (answer: Answer) => Promise<T>;

export class CoqlEndpoint {
  readonly #caller: Caller;
  readonly #log: Log;
  /** Whether this organisation refuses quoted ids. */
  #bareIds = false;

  constructor(caller: Caller, log: Log) {
    this.#caller = caller;
    this.#log = log;
  }

  /** As `ZohoClient.coql`. */
  async rows(query: CoqlQuery, signal: AbortSignal, options: CoqlOptions = {}): Promise<CoqlAnswer | null> {
    const read = (answer: Answer): Promise<CoqlAnswer | null> => rowsOf(answer, query, options);
    const bare = {...query, text: query.textWithBareIds};
    if (this.#bareIds || bare.text === query.text) return this.#insist(bare, read, signal);
    try {
      return await this.#insist(query, read, signal);
    } catch (error) {
      if (!refusesQuotedIds(error)) throw error;
      const result = await this.#insist(bare, read, signal).catch((again: unknown) => {
        // The same error again means that the ids were not its cause.
        throw again instanceof ZohoError && again.code === error.code ? error : again;
      });
      this.#bareIds = true;
      return result;
    }
  }

  /** As `ZohoClient.count`. */
  async count(module: string, fromS: number | undefined, signal: AbortSignal): Promise<number | undefined> {
    const read = async (answer: Answer): Promise<number | undefined> => countIn(jsonOf(await answer.text(errorBytesMax)));
    try {
      // An organisation without aggregates may also give an empty answer.
      return (await this.#insist(countQuery(module, fromS), read, signal)) ?? undefined;
    } catch (error) {
      if (error instanceof ZohoError && error.kind !== 'credentials' && error.kind !== 'unavailable') return undefined;
      throw error;
    }
  }

  /** Retries a rejection that names no cause. */
  async #insist<T>(query: CoqlQuery, read: Reader<T>, signal: AbortSignal): Promise<T | null> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#ask(query, read, signal);
      } catch (error) {
        if (tries >= queryTriesMax || !mayPass(error, query)) throw error;
        this.#log('info', `${error.message}; trying again`, {tries});
      }
    }
  }

  async #ask<T>(query: CoqlQuery, read: Reader<T>, signal: AbortSignal): Promise<T | null> {
    const call: Call = {
      kind: 'coql',
      key: query.module,
      method: 'POST',
      path: '/crm/v8/coql',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify({select_query: query.text}),
      what: `query module ${query.module}`,
      credits: queryCredits(query),
    };
    return this.#caller.run(call, signal, async (answer) => (isEmpty(answer) ? null : read(answer)));
  }
}

/**
 * Reads the rows of an answer while it arrives. Null when a short body without rows means that
 * there are none: Zoho also says so with status 204. Throws `ErrorReply` when it is an error
 * although its status says otherwise.
 */
async function rowsOf(answer: Answer, {module, columns}: CoqlQuery, options: CoqlOptions): Promise<CoqlAnswer | null> {
  const received = new Received();
  let rows: CoqlAnswer;
  try {
    rows = await parseCoql(received.passing(answer.bytes(coqlBytesMax)), columns, options.fields, options.bytesMax);
  } catch (error) {
    const body = Buffer.concat(received.start);
    if (received.failed || !(error instanceof ZohoError) || body.length > errorBytesMax) throw error;
    const reply = jsonOf(body.toString());
    if (body.toString().trim() === '' || saysNothing(reply, 'data')) return null;
    const apiError = hiddenApiError(reply);
    throw apiError === undefined ? error : new ErrorReply(apiError);
  }
  if (rows.more !== true || rows.rows.count > 0) return rows;
  throw new ZohoError('damaged', `Cannot page through module ${module}: Zoho says that more records follow, but gave none`);
}

/** What came of a body while it was passed on. */
class Received {
  /** Enough of its start to show whether it is longer than an error. */
  readonly start: Uint8Array[] = [];
  /** Whether it could not be read to its end, so that its start says nothing about the whole. */
  failed = false;

  async *passing(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    let bytes = 0;
    try {
      for await (const chunk of body) {
        if (bytes <= errorBytesMax) this.start.push(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }
}

/** Whether a refusal may be a random one. One that names a column or the module is meant. */
function mayPass(error: unknown, query: CoqlQuery): error is ZohoError {
  if (!(error instanceof ZohoError) || error.kind !== 'refused') return false;
  if (error.code === 'SYNTAX_ERROR') return !selects(query, error.near);
  return error.code === 'INVALID_QUERY';
}

function refusesQuotedIds(error: unknown): error is ZohoError {
  if (!(error instanceof ZohoError)) return false;
  return error.code === 'SYNTAX_ERROR' || (error.code === 'INVALID_QUERY' && (error.field === undefined || error.field === 'id'));
}

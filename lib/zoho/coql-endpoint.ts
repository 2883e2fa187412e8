/** Queries: the request, and what the forms of its answer mean (zoho-api sheet 5). */
import {ZohoError} from '../errors/errors.ts';
import {coqlBytesMax, queryTriesMax} from '../limits.ts';
import type {Log} from '../platform/log.ts';
import type {Call} from './attempt.ts';
import {BodyTap} from './body-tap.ts';
import type {Caller} from './caller.ts';
import {type CoqlQuery, queryCredits, selects} from './coql.ts';
import {isEmpty} from './http.ts';

/** Takes in the body of an answer. */
export type BodyReader<T> = (body: AsyncIterable<Uint8Array>) => Promise<T>;

export class CoqlEndpoint {
  readonly #caller: Caller;
  readonly #log: Log;
  /** Whether this organisation was found to refuse ids in quotes. */
  #bareIds = false;

  constructor(caller: Caller, log: Log) {
    this.#caller = caller;
    this.#log = log;
  }

  /** As `ZohoClient.coql`. */
  async ask<T>(query: CoqlQuery, read: BodyReader<T>, signal: AbortSignal): Promise<T | null> {
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

  /** Asks again as it stands what is refused without a reason that anything could be done about. */
  async #insist<T>(query: CoqlQuery, read: BodyReader<T>, signal: AbortSignal): Promise<T | null> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#coql(query, read, signal);
      } catch (error) {
        if (tries >= queryTriesMax || !mayPass(error, query)) throw error;
        this.#log('info', `${error.message}; trying again`, {tries});
      }
    }
  }

  async #coql<T>(query: CoqlQuery, read: BodyReader<T>, signal: AbortSignal): Promise<T | null> {
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
    return this.#caller.run(call, signal, async (answer) => {
      if (isEmpty(answer)) return null;
      const body = new BodyTap(answer.bytes(coqlBytesMax));
      try {
        return await read(body.bytes());
      } catch (error) {
        // Without rows Zoho answers with status 204; the same may come with status 200, in several forms.
        if (body.isNothing) return null;
        throw body.failure ?? body.errorReply() ?? error;
      }
    });
  }
}

/** Whether a refusal may be one of those that come at random; one that points at a name of the query is meant. */
function mayPass(error: unknown, query: CoqlQuery): error is ZohoError {
  if (!(error instanceof ZohoError) || error.kind !== 'refused') return false;
  if (error.code === 'SYNTAX_ERROR') return error.near === undefined || !selects(query, error.near);
  return error.code === 'INVALID_QUERY';
}

function refusesQuotedIds(error: unknown): error is ZohoError {
  if (!(error instanceof ZohoError)) return false;
  return error.code === 'SYNTAX_ERROR' || (error.code === 'INVALID_QUERY' && (error.field === undefined || error.field === 'id'));
}

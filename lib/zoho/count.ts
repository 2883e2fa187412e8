/** How many records there are: what an estimate needs, and progress (zoho-api sheet 12, aggregates). */
import {text} from 'node:stream/consumers';
import * as v from 'valibot';
import {ZohoError} from '../errors/errors.ts';
import type {ZohoClient} from './api.ts';
import {countQuery} from './coql.ts';

const answerSchema = v.object({data: v.tuple([v.record(v.string(), v.pipe(v.number(), v.safeInteger(), v.minValue(0)))])});

/**
 * Records modified at or after a time, or all of a module that has no such times, for one credit. Undefined where Zoho does not count them: not every organisation's COQL has aggregates, and
 * an estimate can do without.
 */
export async function countRecords(
  client: ZohoClient,
  module: string,
  fromS: number | undefined,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const counted = await client.coql(countQuery(module, fromS), async (body) => countOf(await text(body)), signal);
    // Nothing at all is how an organisation without aggregates may answer.
    return counted ?? undefined;
  } catch (error) {
    if (error instanceof ZohoError && error.kind !== 'credentials' && error.kind !== 'unavailable') return undefined;
    throw error;
  }
}

function countOf(answer: string): number | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), answerSchema), answer);
  return parsed.success ? Object.values(parsed.output.data[0])[0] : undefined;
}

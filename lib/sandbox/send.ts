/** Sends an answer, and breaks the connection where a fault asks for it. */
import {once} from 'node:events';
import type {ServerResponse} from 'node:http';
import {setTimeout as delay} from 'node:timers/promises';
import type {Answer, Wire} from './request.ts';

/**
 * Sends an answer to its end, or until the connection is gone. Its `Date` header shows `dateMs`.
 */
export async function send(response: ServerResponse, answer: Answer, dateMs: number): Promise<void> {
  const {status, headers = {}, body, wire = {}} = answer;
  if (wire.resetAt === 'headers') return reset(response);
  response.sendDate = false;
  response.statusCode = status;
  response.setHeader('date', dateText(dateMs, wire));
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (body === undefined) {
    response.end();
    return;
  }
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  const announced = response.hasHeader('content-length');
  if (content instanceof Uint8Array && !announced)
    response.setHeader('content-length', Math.min(content.length, wire.endAt ?? content.length));
  const pieces = content instanceof Uint8Array ? [content] : content;
  const sent = await sendPieces(response, pieces, wire);
  if (sent !== 'ended' || response.destroyed) return;
  // With fewer bytes than announced, only closing the connection ends the body.
  if (announced && wire.endAt !== undefined) response.socket?.end();
  else response.end();
}

function dateText(dateMs: number, {dateAheadMs = 0}: Wire): string {
  return dateAheadMs === 'invalid' ? 'the day before yesterday' : new Date(dateMs + dateAheadMs).toUTCString();
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

type Sent = 'ended' | 'broken';

async function sendPieces(
  response: ServerResponse,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  wire: Wire,
): Promise<Sent> {
  const {resetAt, endAt, stallAt, drip} = wire;
  const resetAfter = typeof resetAt === 'number' ? resetAt : Number.POSITIVE_INFINITY;
  const stop = Math.min(resetAfter, endAt ?? Number.POSITIVE_INFINITY, stallAt ?? Number.POSITIVE_INFINITY);
  let sent = 0;
  for await (const piece of pieces) {
    const kept = piece.subarray(0, Math.max(0, stop - sent));
    for (const part of parts(kept, drip?.bytes)) {
      if (!(await write(response, part))) return 'broken';
      if (drip) await delay(drip.pauseMs);
    }
    sent += kept.length;
    if (sent >= stop) break;
  }
  if (sent < stop || stop === endAt) return 'ended';
  if (stop === resetAfter) await flushAndReset(response);
  else await once(response, 'close');
  return 'broken';
}

function* parts(bytes: Uint8Array, size = bytes.length): Generator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Writes and waits for room; returns whether the connection is still open. */
async function write(response: ServerResponse, bytes: Uint8Array): Promise<boolean> {
  if (response.destroyed || response.closed) return false;
  if (response.write(bytes)) return true;
  const gone = new AbortController();
  const closed = () => gone.abort();
  response.once('close', closed);
  try {
    await once(response, 'drain', {signal: gone.signal});
    return true;
  } catch {
    // The reader went away instead of draining.
    return false;
  } finally {
    response.off('close', closed);
  }
}

/** Lets written data leave first, so that the reader sees it before the reset. */
async function flushAndReset(response: ServerResponse): Promise<void> {
  response.flushHeaders();
  await delay(flushMs);
  reset(response);
}

/** Enough for the loopback device to deliver. */
const flushMs = 20;

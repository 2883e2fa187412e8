import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ConnectionLost, lostBy} from '../../lib/zoho/connection-lost.ts';
import {failure} from '../harness/scripted-network.ts';

const lost = suite('a lost connection');
const by = (error: unknown): ConnectionLost => lostBy(error, 'zoho');

lost('tells whether the request may have arrived, and why in words', () => {
  const unsent: [code: string, words: string][] = [
    ['ECONNREFUSED', 'nothing listens there'],
    ['ENOTFOUND', 'its name is unknown'],
    ['EAI_AGAIN', 'its name cannot be looked up at the moment'],
    ['EHOSTUNREACH', 'there is no route to it'],
    ['ENETUNREACH', 'there is no route to it'],
    ['UND_ERR_CONNECT_TIMEOUT', 'it does not accept the connection'],
    ['UND_ERR_PRX_CONN', 'the proxy does not connect'],
    ['UND_ERR_PRX_TLS', 'the proxy does not connect'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate cannot be trusted'],
    ['CERT_HAS_EXPIRED', 'its certificate cannot be trusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate cannot be trusted'],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', 'its certificate cannot be trusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate cannot be trusted'],
    ['UNABLE_TO_GET_ISSUER', 'its certificate cannot be trusted'],
    ['CRL_SIGNATURE_FAILURE', 'its certificate cannot be trusted'],
  ];
  for (const [code, words] of unsent) {
    const {message, mayHaveArrived, isTimeout} = by(failure(code));
    assert.deepEqual([message, mayHaveArrived, isTimeout], [`cannot reach zoho: ${words} (${code})`, false, false]);
  }
  const sent: [code: string, words: string, isTimeout: boolean][] = [
    ['UND_ERR_HEADERS_TIMEOUT', 'it does not answer', true],
    ['UND_ERR_BODY_TIMEOUT', 'it stopped in the middle of its answer', true],
    ['UND_ERR_HEADERS_OVERFLOW', 'the headers of its answer are too large', false],
    ['ECONNRESET', 'the connection was cut', false],
    ['X_ERR_TLS', 'the connection was cut', false],
    ['NOW_UNABLE_TO_', 'the connection was cut', false],
  ];
  for (const [code, words, timedOut] of sent) {
    const {message, mayHaveArrived, isTimeout} = by(failure(code));
    assert.deepEqual([message, mayHaveArrived, isTimeout], [`no complete answer from zoho: ${words} (${code})`, true, timedOut]);
  }
});

lost('is explained by the cause that shows that nothing was sent, or else by the deepest code', () => {
  const wrap = (cause: unknown, code?: unknown): Error => Object.assign(new Error('w', {cause}), {code});
  const refused = failure('ECONNREFUSED');
  const explained: [error: unknown, code: string][] = [
    [wrap(refused, 'UND_ERR_SOCKET'), 'ECONNREFUSED'],
    [wrap(failure('CERT_REVOKED'), 'UND_ERR_SOCKET'), 'CERT_REVOKED'],
    [wrap(wrap(refused)), 'ECONNREFUSED'],
    [wrap(wrap(wrap(refused))), 'ECONNREFUSED'],
    [new AggregateError([refused, failure('EHOSTUNREACH')]), 'ECONNREFUSED'],
    [Object.assign(new AggregateError([refused]), {code: 'EPIPE'}), 'ECONNREFUSED'],
    [wrap(failure('ECONNRESET'), 'UND_ERR_SOCKET'), 'ECONNRESET'],
    [wrap(wrap(new Error('w'), 7), 'EPIPE'), 'EPIPE'],
    [wrap(failure('EPIPE'), 7), 'EPIPE'],
    [wrap(failure('EPIPE'), 'ECONNREFUSED'), 'ECONNREFUSED'],
    [wrap(failure('EPIPE'), 'CERT_REVOKED'), 'CERT_REVOKED'],
  ];
  for (const [error, code] of explained) assert.match(by(error).message, new RegExp(`\\(${code}\\)$`));
});

lost('has no code when no cause names one, and looks no further than four causes deep', () => {
  const circle = new Error('round');
  circle.cause = circle;
  let deep: Error = failure('ECONNREFUSED');
  for (let i = 0; i < 4; i++) deep = new Error('w', {cause: deep});
  for (const error of [circle, deep, new Error('w'), 'text', undefined, {code: 'ECONNREFUSED'}, new AggregateError([])]) {
    const found = by(error);
    assert.equal(found.message, 'no complete answer from zoho: the connection was cut');
    assert.deepEqual([found.mayHaveArrived, found.isTimeout, found.cause], [true, false, error]);
  }
});

lost('keeps its cause and says what it is', () => {
  const cause = failure('ENOTFOUND');
  assert.equal(by(cause).cause, cause);
  assert.equal(by(cause).name, 'ConnectionLost');
  assert.equal(new ConnectionLost('gone', true, {cause}).cause, cause);
  assert.equal(new ConnectionLost('gone', true, {}).isTimeout, false);
});

lost.run();

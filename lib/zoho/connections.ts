/** Connections over undici: pools, proxies and TLS. Knows nothing of Zoho. */
import {Agent, type Dispatcher, EnvHttpProxyAgent, Pool} from 'undici';
import {isLoopback} from './data-centers.ts';
import {callsAtOnce, headerBytesMax} from './limits.ts';

/** What carries requests. */
export type Connections = Pick<Dispatcher, 'request' | 'destroy'>;
/** What they answer. */
export type ConnectionAnswer = Dispatcher.ResponseData;

/**
 * Connections to an origin; none is made yet. TLS is always verified. Requests that leave the
 * machine use the proxy in `HTTPS_PROXY` and `NO_PROXY`; loopback requests never do.
 */
export function connectionsTo(origin: string, connectMs: number): Connections {
  const connect = {timeout: connectMs, rejectUnauthorized: true};
  const options = {connections: callsAtOnce + 1, allowH2: false, maxHeaderSize: headerBytesMax, connect};
  if (isLoopback(origin)) return new Agent(options);
  // A proxy means two connections, two certificates, and a reply to CONNECT.
  const clientFactory = (proxy: URL, own: object): Pool => new Pool(proxy, {...own, headersTimeout: connectMs});
  return new EnvHttpProxyAgent({...options, requestTls: connect, proxyTls: connect, clientFactory});
}

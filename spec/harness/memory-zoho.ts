/**
 * A client of Zoho over connections in memory: each case says what is answered. No server, and no
 * time but its own.
 */
import type {Log} from '../../lib/platform/log.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import {type ClientOptions, createClient} from '../../lib/zoho/client.ts';
import {JumpingClock} from './clocks.ts';
import {credentials, tokenReply} from './fake-zoho.ts';
import {type Reply, ScriptedNetwork, type Sent} from './scripted-network.ts';

export interface MemoryZoho {
  readonly client: ZohoClient;
  readonly network: ScriptedNetwork;
  readonly clock: JumpingClock;
  /** All requests except those for tokens, in order. */
  readonly received: readonly Sent[];
  /** Requests for tokens. */
  readonly tokens: readonly Sent[];
  /** Logged messages with their fields. */
  readonly logged: readonly string[];
  /** What the client told about waiting for long. */
  readonly statuses: readonly (string | undefined)[];
}

export interface MemoryOptions {
  /** Answers to calls in order; the last one repeats. */
  readonly replies?: readonly Reply[];
  answer?(request: Sent, count: number): Reply;
  token?(request: Sent, count: number): Reply;
  readonly client?: Partial<ClientOptions>;
}

export function memoryZoho({replies = [[204]], answer, token, client}: MemoryOptions = {}): MemoryZoho {
  const [received, tokens, logged, statuses]: [Sent[], Sent[], string[], (string | undefined)[]] = [[], [], [], []];
  const network = new ScriptedNetwork((sent) => {
    if (sent.path.startsWith('/oauth/')) {
      const count = tokens.push(sent);
      return token?.(sent, count) ?? tokenReply(count);
    }
    const count = received.push(sent);
    return answer?.(sent, count) ?? replies[Math.min(replies.length, count) - 1] ?? [204];
  });
  const clock = new JumpingClock();
  const log: Log = (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  const made = createClient({
    apiDomain: 'https://www.zohoapis.eu',
    credentials,
    clock,
    log,
    onHold: (reason) => statuses.push(reason),
    random: () => 0.5,
    connections: network,
    ...client,
  });
  return {client: made, network, clock, received, tokens, logged, statuses};
}

/** What every request that talks to Zoho begins with: its configs, a client, and whether the two fit. */
import {type EndpointConfig, parseResource, type ResourceConfig, refuseFutureStart} from '../config/config.ts';
import {ConfigError} from '../errors/errors.ts';
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {createClient} from '../zoho/client.ts';
import {missingScopes} from '../zoho/scopes.ts';

/** What every request of Flow is served with. */
export interface ConnectorOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The value of `SOURCE_ZOHO_LOOPBACK`; `off` refuses loopback addresses as API domains. */
  readonly loopback: string | undefined;
}

export interface SetupOptions extends ConnectorOptions {
  /** Told why calls of Zoho are held back for long, and `undefined` when they go on. */
  readonly onHold?: (reason: string | undefined) => void;
  /** How long limits may hold up one call; by default as long as a capture wants it. */
  readonly waitMaxMs?: number;
}

/** Lends a client for as long as `use` takes. */
export async function withClient<T>(
  config: EndpointConfig,
  options: SetupOptions,
  use: (client: ZohoClient) => Promise<T>,
): Promise<T> {
  const {apiDomain, ...credentials} = config.credentials;
  const client = createClient({...options, apiDomain, credentials});
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/**
 * What can be told of the config once Zoho has answered: throws ConfigError for a start that is yet to come, and warns of scopes that the
 * token lacks.
 */
export async function checkSetup(client: ZohoClient, config: EndpointConfig, log: Log, signal: AbortSignal): Promise<void> {
  if (config.startDate !== undefined) refuseFutureStart(config, await client.nowSeconds(signal));
  const scopes = await client.scopes(signal);
  const missing = scopes === undefined ? [] : missingScopes(scopes);
  if (missing.length === 0) return;
  log(
    'warn',
    `The refresh token lacks the scope ${missing.join(', ')}: what needs it will fail; authorize again with all scopes`,
    {
      missing,
    },
  );
}

/** Reads the resource configs of all bindings; reports all that are wrong at once. */
export function readResources(bindings: readonly {readonly resourceConfig: unknown}[]): ResourceConfig[] {
  const wrong: string[] = [];
  const resources = bindings.flatMap(({resourceConfig}) => {
    try {
      return [parseResource(resourceConfig)];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      wrong.push(error.message);
      return [];
    }
  });
  refuse(wrong);
  return resources;
}

/** Throws ConfigError with what is wrong with bindings, all of it in one line; returns when nothing is. */
export function refuse(wrong: readonly string[]): void {
  if (wrong.length === 1) throw new ConfigError(wrong[0]);
  if (wrong.length > 1) throw new ConfigError(`${wrong.length} bindings cannot be used: ${wrong.join('; ')}`);
}

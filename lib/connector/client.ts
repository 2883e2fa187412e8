/**
 * The common start of all requests that call Zoho: configs, a client, and the checks of the two
 * together.
 */
import {type EndpointConfig, parseResource, type ResourceConfig, refuseFutureStart} from '../config/config.ts';
import {ConfigError} from '../errors/errors.ts';
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {type ClientOptions, createClient} from '../zoho/client.ts';
import {missingScopes} from '../zoho/scopes.ts';

/** What every request of Flow needs. */
export interface ConnectorOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The value of `SOURCE_ZOHO_LOOPBACK`; `off` refuses loopback addresses as API domains. */
  readonly loopback: string | undefined;
  /** For specs: creates clients without a network. */
  readonly createClient?: (options: ClientOptions) => ZohoClient;
}

export interface SetupOptions extends ConnectorOptions {
  /**
   * Called with the reason when calls are delayed for long, and with `undefined` when they go on.
   */
  readonly onHold?: (reason: string | undefined) => void;
  /** How long limits may delay one call; the default suits a capture. */
  readonly waitMaxMs?: number | undefined;
}

/** A client for a parsed config. */
export function clientOf(config: EndpointConfig, {createClient: create = createClient, ...options}: SetupOptions): ZohoClient {
  const {apiDomain, ...credentials} = config.credentials;
  return create({...options, apiDomain, credentials});
}

/** Creates a client for `use`, and closes it afterwards. */
export async function withClient<T>(
  config: EndpointConfig,
  options: SetupOptions,
  use: (client: ZohoClient) => Promise<T>,
): Promise<T> {
  const client = clientOf(config, options);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/**
 * Checks a config against Zoho. Throws ConfigError for a start in the future, and warns about
 * missing scopes.
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

/** Reads the resource configs of all bindings, and reports every invalid one in a single error. */
export function readResources(bindings: readonly {readonly resourceConfig: unknown}[]): ResourceConfig[] {
  const wrong: string[] = [];
  const resources: ResourceConfig[] = [];
  for (const {resourceConfig} of bindings) {
    try {
      resources.push(parseResource(resourceConfig));
    } catch (error) {
      // Equivalent mutants (ConditionalExpression): nothing else is thrown
      if (!(error instanceof ConfigError)) throw error;
      wrong.push(error.message);
    }
  }
  refuse(wrong);
  return resources;
}

/** Throws ConfigError with all problems of the bindings in one line, if there are any. */
export function refuse(wrong: readonly string[]): void {
  if (wrong.length === 0) return;
  throw new ConfigError(wrong.length === 1 ? wrong[0] : `${wrong.length} bindings cannot be used: ${wrong.join('; ')}`);
}

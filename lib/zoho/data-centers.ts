/**
 * Zoho's hosts: where calls may go, and where tokens come from (zoho-api sheet 1.1). Credentials
 * are sent only after these checks. Pure.
 */
import {ConfigError} from '../errors/errors.ts';

/** The end of an API host's name, and the accounts host of that data centre. */
const accountsHosts: ReadonlyMap<string | undefined, string> = new Map([
  ['com', 'accounts.zoho.com'],
  ['eu', 'accounts.zoho.eu'],
  ['in', 'accounts.zoho.in'],
  ['com.au', 'accounts.zoho.com.au'],
  ['jp', 'accounts.zoho.jp'],
  ['com.cn', 'accounts.zoho.com.cn'],
  ['ca', 'accounts.zohocloud.ca'],
  ['sa', 'accounts.zoho.sa'],
  ['uk', 'accounts.zoho.uk'],
  ['ae', 'accounts.zoho.ae'],
]);

/** Data centres in Zoho's server list whose API host is unpublished (zoho-api sheet 12). */
const unpublished: ReadonlyMap<string | undefined, string> = new Map([['sg', 'Singapore']]);

const apiHost = /^(?:(www|sandbox|developer)\.)?zohoapis\.([a-z.]+)$/;
const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * The origin for an API domain as a person or Zoho writes it, with or without `https://`, `www.` or
 * a trailing slash. Throws `ConfigError` for anything but Zoho's hosts over https and, unless
 * `loopback` switches them off, addresses of this machine.
 */
export function apiOrigin(text: string, loopback?: string): string {
  const url = parsed(text);
  if (loopbackHosts.has(url.hostname)) {
    if (!isOn(loopback))
      throw new ConfigError(
        `Cannot use api_domain ${url.host}: addresses of this machine are switched off here (SOURCE_ZOHO_LOOPBACK=${loopback})`,
      );
    return url.origin;
  }
  const host = apiHost.exec(url.hostname);
  const dataCentre = host?.[2];
  const place = unpublished.get(dataCentre);
  if (place !== undefined)
    throw new ConfigError(
      `Cannot use api_domain ${url.host}: Zoho has not published the API host of its data centre in ${place}, so credentials are not sent there; report the api_domain that your token answers name`,
    );
  if (!accountsHosts.has(dataCentre)) {
    const ends = [...accountsHosts.keys()].map((end) => `.${end}`).join(', ');
    throw new ConfigError(
      `Cannot use api_domain${named(url)}: it is not an API host of Zoho. Use https://www.zohoapis.com with the ending of your data centre (${ends}), or with sandbox or developer instead of www`,
    );
  }
  if (url.protocol !== 'https:' || url.port !== '')
    throw new ConfigError(`Cannot use api_domain ${url.host}: Zoho is called only over https on its default port`);
  return `https://${host![1] ?? 'www'}.zohoapis.${dataCentre}`;
}

/** Any value but the usual words for "on" means off. */
function isOn(loopback: string | undefined): boolean {
  return loopback === undefined || /^\s*(?:on)?\s*$/i.test(loopback);
}

/**
 * A host for a message, if it looks like one: a token pasted into the wrong property parses as a
 * host, too.
 */
function named({host}: URL): string {
  return /^(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,10}(?::\d+)?$/.test(host) ? ` ${host}` : '';
}

/**
 * Text that is not a bare address is not shown: it may be a secret pasted into the wrong property.
 */
function parsed(text: string): URL {
  const trimmed = text.trim();
  const withScheme = trimmed.includes('://') ? trimmed : `https://${trimmed}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  const bare = url?.pathname === '/' && !/[?#@\\]/.test(trimmed);
  if (!bare || !['http:', 'https:'].includes(url.protocol))
    throw new ConfigError('Cannot use api_domain: it must be an address without path, such as https://www.zohoapis.com');
  return url;
}

/** The origin that issues tokens for an API origin; a loopback origin issues its own. */
export function accountsOrigin(origin: string): string {
  const {hostname} = new URL(origin);
  const host = accountsHosts.get(apiHost.exec(hostname)?.[2]);
  if (host !== undefined) return `https://${host}`;
  if (isLoopback(origin)) return origin;
  throw new ConfigError(`Cannot get tokens for ${hostname}: it is not an API host of Zoho`);
}

export function isLoopback(origin: string): boolean {
  return loopbackHosts.has(new URL(origin).hostname);
}

/**
 * Whether a token issued for the API domain `answered` works on the configured origin: same data
 * centre, same environment. On loopback any loopback address does. An unreadable address does not
 * count against the token.
 */
export function sameOrgHost(origin: string, answered: string): boolean {
  let other: string;
  try {
    other = apiOrigin(answered);
  } catch (error) {
    // Equivalent mutants (ConditionalExpression): nothing else is thrown
    if (error instanceof ConfigError) return true;
    throw error;
  }
  return other === origin || (isLoopback(origin) && isLoopback(other));
}

/**
 * `source-zoho login`: turns a Self Client's grant code into a config file (zoho-api sheet 1.2).
 */
import {createInterface} from 'node:readline/promises';
import {Writable} from 'node:stream';
import * as v from 'valibot';
import {ConfigError, ZohoError} from '../errors/errors.ts';
import {explainSystemErrors} from '../errors/system.ts';
import {defaultStartDays} from '../flow/state.ts';
import {jsonOf} from '../platform/json.ts';
import {tryPrivate, writePrivate} from '../sinks/files/disk.ts';
import {accountsOrigin, apiOrigin} from '../zoho/data-centers.ts';
import {Http, usualTimeouts, within} from '../zoho/http.ts';
import {errorBytesMax, tokenTimeoutMs} from '../zoho/limits.ts';
import {missingScopes, parseScopes, scopesNeeded} from '../zoho/scopes.ts';
import {isThrottle, shownCode} from '../zoho/token-endpoint.ts';
import {type CommandContext, exit, say} from './host.ts';
import {refuseExisting} from './new-file.ts';

export interface LoginArguments {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly code: string;
  readonly apiDomain: string;
  readonly out: string;
  readonly force?: boolean;
  /** An instant. */
  readonly startDate?: string;
}

export async function login(host: CommandContext, args: LoginArguments): Promise<number> {
  const origin = apiOrigin(args.apiDomain, host.env.SOURCE_ZOHO_LOOPBACK);
  // The code works once, so a file that cannot be written must be found out first.
  await explainSystemErrors(`write ${args.out}`, async () => {
    await refuseExisting(args.out, args.force, 'pass --out for another file');
    await tryPrivate(args.out);
  });
  const clientSecret = args.clientSecret ?? (await secretFrom(host));
  const grant = await exchange(accountsOrigin(origin), {...args, clientSecret}, host.signal);
  const config = {
    credentials: {
      credentials_title: 'OAuth Credentials',
      client_id: args.clientId,
      client_secret: clientSecret,
      refresh_token: grant.refresh_token,
      api_domain: grant.api_domain ?? origin,
    },
    ...(args.startDate && {start_date: args.startDate}),
  };
  await writePrivate(args.out, `${JSON.stringify(config, undefined, 2)}\n`);
  say(host, `Wrote ${args.out}; try it with: source-zoho check --config ${args.out}`);
  if (args.startDate === undefined)
    say(
      host,
      `It has no start_date: a capture begins ${defaultStartDays} days before its first start; run capture with --since DATE for more`,
    );
  const missing = grant.scope === undefined ? [] : missingScopes(parseScopes(grant.scope));
  if (missing.length === 0) return exit.done;
  say(host, `The grant lacks ${missing.join(', ')}; generate a code with all of ${Object.values(scopesNeeded).join(',')}`);
  return exit.credentials;
}

/** Reads the secret from the first line of standard input. A terminal does not echo it. */
async function secretFrom(host: CommandContext): Promise<string> {
  if (host.screen !== undefined) host.messages.write('Client secret: ');
  const unseen = new Writable({write: (_chunk, _encoding, done) => done()});
  const terminal = 'isTTY' in host.input && host.input.isTTY === true;
  const lines = createInterface({input: host.input, output: unseen, terminal});
  try {
    const {promise, resolve} = Promise.withResolvers<string>();
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
    host.signal.addEventListener('abort', () => resolve(''), {once: true});
    const line = (await promise).trim();
    host.signal.throwIfAborted();
    if (line === '') throw new ConfigError('Cannot log in: no client secret was given');
    return line;
  } finally {
    lines.close();
    if (host.screen !== undefined) say(host);
  }
}

const grantSchema = v.object({
  refresh_token: v.pipe(v.string(), v.nonEmpty()),
  api_domain: v.optional(v.string()),
  scope: v.optional(v.string()),
});
const refusalSchema = v.object({error: v.string()});

async function exchange(
  accounts: string,
  {clientId, clientSecret, code}: {clientId: string; clientSecret: string; code: string},
  signal: AbortSignal,
): Promise<v.InferOutput<typeof grantSchema>> {
  const {host} = new URL(accounts);
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: clientId,
    client_secret: clientSecret,
    code,
  });
  const headers = {'content-type': 'application/x-www-form-urlencoded', accept: 'application/json'};
  const http = new Http(accounts, usualTimeouts);
  try {
    const {status, text} = await within(tokenTimeoutMs, host, signal, async (limited) => {
      const body = form.toString();
      const answer = await http.send({origin: accounts, path: '/oauth/v2/token', method: 'POST', headers, body}, limited);
      return {status: answer.status, text: await answer.text(errorBytesMax)};
    });
    const body = jsonOf(text);
    const granted = v.safeParse(grantSchema, body);
    if (granted.success) return granted.output;
    const refused = v.safeParse(refusalSchema, body);
    if (!refused.success)
      throw new ZohoError('unavailable', `Cannot log in: ${host} gave no usable answer; the code may still be valid, try again`);
    if (isThrottle(status, body))
      throw new ZohoError(
        'unavailable',
        `Cannot log in: ${host} grants no more tokens for now, because too many were requested; wait half an hour, then log in with a new code`,
      );
    throw new ZohoError('credentials', `Cannot log in: ${meaningOf(refused.output.error, host)}`, {code: refused.output.error});
  } finally {
    await http.close();
  }
}

/**
 * What Zoho's error codes mean for the user. Its own texts are not repeated, because they may hold
 * anything.
 */
function meaningOf(code: string, host: string): string {
  switch (code) {
    case 'invalid_code':
      return `${host} rejects the code: it was used before, has expired, or belongs to another data centre; generate a new one`;
    case 'invalid_client':
      return `${host} does not know the client id; it is mistyped, or belongs to another data centre (pass --api-domain)`;
    case 'invalid_client_secret':
      return `${host} rejects the client secret; copy it again, because each data centre has its own`;
    default:
      return `${host} refuses (${shownCode(code)})`;
  }
}

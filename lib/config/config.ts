/**
 * User configuration: the endpoint, and each binding's resource. Its JSON Schema is in
 * `flow/spec.ts`.
 */
import cron from 'node-cron';
import * as v from 'valibot';
import {suggestion} from '../errors/did-you-mean.ts';
import {ConfigError} from '../errors/errors.ts';
import {must, parse, reads} from '../errors/validation.ts';
import {cronExpression} from '../flow/cron-pattern.ts';
import {durationMs} from './duration.ts';
import {startInstant} from './start-date.ts';

/** How to reach Zoho, and how far back. */
export interface EndpointConfig {
  readonly credentials: {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly refreshToken: string;
    /** As configured; the client checks that it is one of Zoho's hosts. */
    readonly apiDomain: string;
  };
  /**
   * UTC with whole seconds, `2024-01-01T00:00:00Z`. The default is 30 days before the first start.
   */
  readonly startDate?: string;
}

/** What one binding captures, and when. */
export interface ResourceConfig {
  /** API name of the module. */
  readonly name: string;
  readonly intervalMs: number;
  /** Five-field cron expression in UTC; without one, formula fields are not refreshed. */
  readonly schedule?: string;
}

const text = v.string(must('a string'));
const filled = v.pipe(
  text,
  v.trim(),
  v.nonEmpty('is empty'),
  v.check((given) => given.isWellFormed(), 'holds half a character'),
);

const credential = v.pipe(
  filled,
  v.check((given) => !/^<.*>$/.test(given), 'is a placeholder; replace it with your own'),
);

const startDate = v.pipe(
  text,
  reads((date) => (date === '' ? '' : startInstant(date)), 'must be a date, such as "2024-01-01" or "2024-01-01T00:00:00Z"'),
);

const endpointSchema = v.object(
  {
    credentials: v.object(
      {
        credentials_title: v.optional(v.literal('OAuth Credentials', 'must be "OAuth Credentials"')),
        client_id: credential,
        client_secret: credential,
        refresh_token: credential,
        api_domain: filled,
      },
      must('an object'),
    ),
    start_date: v.nullish(startDate),
  },
  must('an object'),
);

const interval = v.pipe(text, reads(durationMs, 'must be a duration, such as "PT5M", "PT1H" or "5m"'));

const schedule = v.pipe(
  text,
  reads(
    cronExpression,
    'must be empty or a cron expression of five fields (minute, hour, day of month, month, day of week), such as "55 23 * * *"',
  ),
  v.check(
    (expression) => expression === '' || cron.validate(expression),
    'names a day that its months do not have, so it would never fire',
  ),
);

const resourceSchema = v.strictObject(
  {
    name: filled,
    // A property left blank in YAML is null.
    interval: v.nullish(interval, 'PT5M'),
    schedule: v.nullish(schedule, ''),
    _meta: v.nullish(v.looseObject({}, must('an object'))),
  },
  (issue) => {
    if (issue.expected !== 'never') return must('an object')(issue);
    return notProperty(v.getDotPath(issue) ?? '', ['name', 'interval', 'schedule']);
  },
);

/**
 * Who wrote a config. An unknown property is an error for a person, while Flow may add its own.
 */
export type ConfigAuthor = 'flow' | 'person';

/**
 * Reads an endpoint config. Throws ConfigError with one line that names every invalid property, and
 * no value.
 */
export function parseConfig(value: unknown, author: ConfigAuthor = 'flow'): EndpointConfig {
  const strangers = author === 'person' ? unknownProperties(value) : [];
  const {credentials, start_date} = parse(endpointSchema, value, 'use the endpoint config', {more: strangers});
  return {
    credentials: {
      clientId: credentials.client_id,
      clientSecret: credentials.client_secret,
      refreshToken: credentials.refresh_token,
      apiDomain: credentials.api_domain,
    },
    ...(start_date && {startDate: start_date}),
  };
}

/**
 * Reads a binding's resource config. Fails as `parseConfig` does, and names the module if there is
 * one.
 */
export function parseResource(value: unknown): ResourceConfig {
  const {name, interval, schedule} = parse(resourceSchema, value, `use the resource config${ofModule(value)}`);
  return {name, intervalMs: interval, ...(schedule && {schedule})};
}

/**
 * Throws ConfigError when the configured start is later than `nowSeconds`, Zoho's clock in epoch
 * seconds.
 */
export function refuseFutureStart({startDate}: EndpointConfig, nowSeconds: number): void {
  if (startDate === undefined || Date.parse(startDate) <= nowSeconds * 1000) return;
  throw new ConfigError(
    `Cannot use the endpoint config: start_date ${startDate} is in the future; set it to a time that has passed`,
  );
}

/**
 * A problem for every unknown property of an endpoint config. Those of sops, and Flow's own notes
 * (`_meta`), are accepted.
 */
function unknownProperties(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const {credentials} = {credentials: undefined, ...value};
  return [
    ...strangersIn(value, ['credentials', 'start_date', 'sops', '_meta'], ''),
    ...strangersIn(
      credentials,
      ['client_id', 'client_secret', 'refresh_token', 'api_domain', 'credentials_title'],
      'credentials.',
    ),
  ];
}

function strangersIn(value: unknown, known: readonly string[], place: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const strangers = Object.keys(value).filter((key) => !known.includes(key));
  return strangers.map((key) => `${place}${key.slice(0, keyShownMax)} ${notProperty(key, known)}`);
}

const keyShownMax = 100;

function notProperty(key: string, known: readonly string[]): string {
  return `is not a property of it${suggestion(key, known)}`;
}

function ofModule(value: unknown): string {
  const named = v.safeParse(v.object({name: filled}), value);
  return named.success ? ` of '${named.output.name.slice(0, 100)}'` : '';
}

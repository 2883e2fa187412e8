/**
 * Configs that leave something to the environment: `${NAME}` in their values, and missing
 * credentials. Pure.
 */
import {ConfigError} from '../errors/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable for each credential. */
export const credentialVariables = {
  client_id: 'ZOHO_CLIENT_ID',
  client_secret: 'ZOHO_CLIENT_SECRET',
  refresh_token: 'ZOHO_REFRESH_TOKEN',
  api_domain: 'ZOHO_API_DOMAIN',
} as const;

/**
 * A config from the environment alone; undefined when none of its variables is set.
 *
 * @throws ConfigError that names the missing variables when only some are set.
 */
export function environmentConfig(env: Environment): object | undefined {
  const entries = Object.entries(credentialVariables).map(([name, variable]) => [name, variable, env[variable] ?? ''] as const);
  const missing = entries.filter(([, , value]) => value === '').map(([, variable]) => variable);
  if (missing.length === entries.length) return undefined;
  if (missing.length > 0)
    throw new ConfigError(`Cannot read the credentials from the environment: ${missing.join(' and ')} must be set, too`);
  return {credentials: Object.fromEntries(entries.map(([name, , value]) => [name, value]))};
}

/**
 * The config with every `${NAME}` in its values replaced, and with credentials from the environment
 * where it has none or a placeholder. The config takes precedence over the environment.
 *
 * @throws ConfigError that names the place and the variable when one is not set.
 */
export function withEnvironment(config: unknown, env: Environment): unknown {
  const filled = replaced(config, env, '');
  if (typeof filled !== 'object' || filled === null || !('credentials' in filled)) return filled;
  const {credentials} = filled;
  if (typeof credentials !== 'object' || credentials === null) return filled;
  const own = new Map(Object.entries(credentials));
  for (const [name, variable] of Object.entries(credentialVariables)) {
    const value = env[variable] ?? '';
    if (value !== '' && isOpen(own.get(name))) own.set(name, value);
  }
  return {...filled, credentials: Object.fromEntries(own)};
}

/** Whether a credential is still to be filled in. */
function isOpen(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && /^\s*(<.*>)?\s*$/.test(value));
}

function replaced(value: unknown, env: Environment, place: string): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (_, name: string) => {
      const found = env[name];
      if (found === undefined) throw new ConfigError(`Cannot use the config: ${place} needs \${${name}}, which is not set`);
      return found;
    });
  }
  if (Array.isArray(value)) return value.map((item, i) => replaced(item, env, `${place}.${i}`));
  if (typeof value !== 'object' || value === null) return value;
  const inner = (key: string): string => (place === '' ? key : `${place}.${key}`);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, env, inner(key))]));
}

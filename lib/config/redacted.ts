/** Configs without their credentials, for files that people share. */

/** Stands in place of a secret. A config that still has it is refused. */
export const secretMark = '<secret>';

const shown = new Set(['credentials_title', 'api_domain']);

/** The config as given, with `<secret>` for every credential. */
export function redactedConfig(config: unknown): unknown {
  if (typeof config !== 'object' || config === null || !('credentials' in config)) return config;
  const {credentials} = config;
  if (typeof credentials !== 'object' || credentials === null) return config;
  const redacted = Object.entries(credentials).map(([name, value]) => [name, shown.has(name) ? value : secretMark]);
  return {...config, credentials: Object.fromEntries(redacted)};
}

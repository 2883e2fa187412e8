/** Configs that sops encrypted, as Flow publishes them (flow-protocol sheet 6). */
import {spawn} from 'node:child_process';
import {ConfigError} from '../errors/errors.ts';
import {jsonOf} from '../platform/json.ts';

/**
 * Decrypts a config; one without a `sops` stanza is returned unchanged. `what` names it in
 * messages.
 */
export type Unseal = (config: unknown, what: string) => Promise<unknown>;

/**
 * Decrypts with the `sops` program, which finds its own keys. Nothing decrypted is written to disk.
 */
export const unsealWithSops: Unseal = async (config, what) => {
  if (typeof config !== 'object' || config === null || !('sops' in config)) return config;
  const {sops} = config;
  const suffix =
    typeof sops === 'object' && sops !== null && 'encrypted_suffix' in sops && typeof sops.encrypted_suffix === 'string'
      ? sops.encrypted_suffix
      : '';
  const plain = jsonOf(await decrypt(JSON.stringify(config), what));
  if (plain === undefined)
    throw new ConfigError(`Cannot decrypt ${what}: sops wrote no JSON; check the output of sops --decrypt`);
  return withoutSuffix(plain, suffix);
};

function decrypt(sealed: string, what: string): Promise<string> {
  const {promise, resolve, reject} = Promise.withResolvers<string>();
  const child = spawn('sops', ['--decrypt', '--input-type', 'json', '--output-type', 'json', '/dev/stdin'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.on('error', (error) => {
    const absent = 'code' in error && error.code === 'ENOENT';
    const hint = absent ? 'the sops program is not installed; install it, or pass a config in plain text' : error.message;
    reject(new ConfigError(`Cannot decrypt ${what}: ${hint}`, {cause: error}));
  });
  child.on('close', (code) => {
    if (code === 0) return resolve(Buffer.concat(output).toString());
    const reason = Buffer.concat(errors).toString().trim().split('\n')[0]?.slice(0, 300) ?? '';
    reject(new ConfigError(`Cannot decrypt ${what}: sops ended with code ${code}${reason === '' ? '' : ` (${reason})`}`));
  });
  // When sops stops reading early, `close` reports its reason.
  child.stdin.on('error', () => {});
  child.stdin.end(sealed);
  return promise;
}

/** Removes the suffix of encrypted values from property names, at every depth. */
export function withoutSuffix(value: unknown, suffix: string): unknown {
  if (suffix === '' || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withoutSuffix(item, suffix));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.endsWith(suffix) ? key.slice(0, -suffix.length) : key,
      withoutSuffix(inner, suffix),
    ]),
  );
}

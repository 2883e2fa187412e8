/** Texts without the secrets that they may repeat. */
import {secretCharactersMin} from '../limits.ts';

export interface RedactOptions {
  /** Shorter secrets stay: they would be found in any word. */
  readonly charactersMin?: number;
  /** What stands in place of a secret. */
  readonly mark?: string;
}

/** A text without the secrets in it. */
export function withoutSecrets(
  text: string,
  secrets: readonly (string | undefined)[],
  {charactersMin = secretCharactersMin, mark = '(secret)'}: RedactOptions = {},
): string {
  const long = secrets.filter((secret) => secret !== undefined && secret.length >= charactersMin);
  return long.reduce<string>((rest, secret) => rest.replaceAll(secret!, mark), text);
}

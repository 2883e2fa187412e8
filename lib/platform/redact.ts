/** Removes secrets from text. */
import {secretCharactersMin} from '../limits.ts';

export interface RedactOptions {
  /** Shorter secrets are not replaced: they may be part of any word. */
  readonly charactersMin?: number;
  /** Replaces a secret. */
  readonly mark?: string;
}

/** The text with its secrets replaced. */
export function withoutSecrets(
  text: string,
  secrets: readonly (string | undefined)[],
  {charactersMin = secretCharactersMin, mark = '(secret)'}: RedactOptions = {},
): string {
  const long = secrets.filter((secret) => secret !== undefined && secret.length >= charactersMin);
  return long.reduce<string>((rest, secret) => rest.replaceAll(secret!, mark), text);
}

/** The name under which a binding's state is kept. */

/**
 * The stateKey as Flow derives it (flow-protocol sheet 3.3), for a runtime that sends none: the
 * resource path joined by `/`, every character except letters, digits and `-_+.=` percent-encoded,
 * and the backfill counter if it is not 0.
 */
export function stateKeyOf(resourcePath: readonly string[], backfill: number): string {
  const path = Buffer.from(resourcePath.join('/'));
  const encoded = Array.from(path, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9\-_+.=]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `${encoded.join('')}${backfill > 0 ? `.v${backfill}` : ''}`;
}

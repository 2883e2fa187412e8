/** A part of a whole as a bar. Pure. */

/** A bar of so many columns. */
export function bar(share: number, columns: number, unicode: boolean): string {
  const filled = Math.min(columns, Math.max(0, Math.floor(share * columns)));
  const [full, empty] = unicode ? ['█', '░'] : ['#', '.'];
  return full.repeat(filled) + empty.repeat(columns - filled);
}

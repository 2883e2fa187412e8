/** A progress bar. Pure. */

/** A bar that fills a share of `columns`. */
export function bar(share: number, columns: number, unicode: boolean): string {
  const filled = Math.min(columns, Math.max(0, Math.floor(share * columns)));
  const [full, empty] = unicode ? ['█', '░'] : ['#', '.'];
  return full.repeat(filled) + empty.repeat(columns - filled);
}

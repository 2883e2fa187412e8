/**
 * Flags that node is started with; `bench/RESULTS.md` has their effect. Plain JavaScript, because
 * the launcher is.
 *
 * - A backfill frees hundreds of MB of blocks outside V8's heap. When the young generation may
 *   grow, it fills so rarely that they pile up, and V8 marks its whole heap some ten times a second
 *   to find them. A small one is collected often, at next to no cost.
 * - One of V8's background threads, which compile and collect, is enough. More only take cores from
 *   the threads that inflate and write.
 */
export const nodeFlags = ['--max-semi-space-size=2', '--v8-pool-size=1'];

/**
 * Flags that node is to be started with. Plain JavaScript, as the launcher is. What they are worth is in `bench/RESULTS.md`.
 *
 * - A backfill lets go of hundreds of MB of blocks that lie outside V8's heap. A young generation that is allowed to grow is full so rarely that
 *   they pile up, and V8 searches the whole heap for them, some ten times a second; a small one is looked through often, at next to no cost.
 * - Of V8's background threads, which compile and collect, one is enough: more of them only take the cores from the threads that inflate and write.
 */
export const nodeFlags = ['--max-semi-space-size=2', '--v8-pool-size=1'];

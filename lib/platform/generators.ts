/** Asynchronous generators, what they return included. */

/** Yields one item. */
export async function* only<Item>(item: Item): AsyncGenerator<Item, void, void> {
  yield item;
}

/**
 * Yields the items of a generator, each after `look` has seen it, and returns what it returns. The
 * generator is closed when `look` fails or whoever reads stops early.
 */
export async function* tapped<Item, End>(
  source: AsyncGenerator<Item, End, void>,
  look: (item: Item) => Promise<void> | void,
): AsyncGenerator<Item, End, void> {
  let isOpen = true;
  try {
    for (;;) {
      const {done, value} = await source.next();
      if (done) {
        isOpen = false;
        return value;
      }
      await look(value);
      yield value;
    }
  } finally {
    if (isOpen) await source.return(undefined as End);
  }
}

/**
 * Calls `use` with everything that a generator yields, one item after another, and resolves with
 * what it returns. The generator is closed when `use` fails.
 */
export async function consume<Item, End>(
  source: AsyncGenerator<Item, End, void>,
  use: (item: Item) => Promise<void> | void,
): Promise<End> {
  const items = tapped(source, use);
  for (;;) {
    const {done, value} = await items.next();
    if (done) return value;
  }
}

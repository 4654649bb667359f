/**
 * Work on many things, several of them at once.
 *
 * @module
 */

/** How it goes. */
export interface WorkOptions<Item> {
  readonly work: (item: Item) => Promise<void>;
  /** Things under way at once. */
  readonly inFlightMax: number;
  /** Waits until the next thing may begin. */
  readonly pace?: (item: Item) => Promise<unknown>;
  /** Begins nothing more. */
  readonly signal: AbortSignal;
}

/**
 * Works on each thing as it comes. After a failure, or when the signal fires, nothing more is begun;
 * what is under way is waited for, and then the failure or the signal's reason is thrown.
 */
export async function workOnEach<Item>(
  items: AsyncIterable<Item>,
  { work, inFlightMax, pace, signal }: WorkOptions<Item>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const ended = Promise.withResolvers<never>();
  // Nobody may be waiting for it when it comes.
  ended.promise.catch(() => {});
  const stop = () => ended.reject(signal.reason);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const begin = (item: Item) => {
    const task = work(item).catch(ended.reject).finally(() => underWay.delete(task));
    underWay.add(task);
  };
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([ended.promise, iterator.next()]);
      if (next.done === true) break;
      if (pace !== undefined) await Promise.race([ended.promise, pace(next.value)]);
      while (underWay.size >= inFlightMax) await Promise.race([ended.promise, ...underWay]);
      begin(next.value);
    }
    await Promise.race([ended.promise, Promise.all(underWay)]);
  } finally {
    signal.removeEventListener("abort", stop);
    await Promise.all(underWay);
    // One that waits for a pipe ends with the process.
    iterator.return?.(undefined)?.catch(() => {});
  }
}

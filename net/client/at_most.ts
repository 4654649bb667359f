/**
 * Waiting that has an end.
 *
 * @module
 */

/** Waits for work, but no longer than so; what it fails with is the affair of whoever began it. */
export async function atMost(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, timeoutMs);
  await Promise.race([work.catch(() => {}), late.promise]);
  clearTimeout(timer);
}

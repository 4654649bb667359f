/**
 * For commands that wait for others: what they have printed does not wait with them.
 *
 * @module
 */
import type { Terminal } from "../terminal.ts";

/** Longest time printed text waits for more of its kind. */
const FLUSH_MS = 100;

/**
 * Does work during which printed text is let out again and again. The signal that `work` gets aborts
 * when nobody reads any more; what `work` throws after that is no failure.
 */
export async function lettingOut(
  { out }: Pick<Terminal, "out">,
  work: (gone: AbortSignal) => Promise<void>,
): Promise<void> {
  const gone = new AbortController();
  const letOut = () => {
    out.flush();
    if (out.closed) gone.abort();
  };
  const timer = setInterval(letOut, FLUSH_MS);
  try {
    await work(gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    clearInterval(timer);
  }
}

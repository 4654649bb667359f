/**
 * For what happens at some moment after its cause, on other connections than the test's.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";

const DEADLINE_MS = 20_000;
const STEP_MS = 5;

/** Waits until a condition holds; a test that waits too long fails with what it waits for. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what = String(holds),
): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!await holds()) {
    if (performance.now() > deadline) {
      throw new Error(`In ${DEADLINE_MS} ms it never held: ${what}`);
    }
    await setTimeout(STEP_MS);
  }
}

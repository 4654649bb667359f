/**
 * How long the campaigns of chance are that tests carry out. `RUNS` in the environment is the share of
 * their full length: `RUNS=0.01` for a look, `RUNS=10` for a night.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";

/** Both runtimes run the same code: Bun shows with fewer that it runs it as Deno does. */
const BUN_SHARE = 0.1;

/** How many runs a campaign of `full` runs has here, and no fewer than `min`, which it needs to show anything. */
export function runs(
  full: number,
  { min = 1, share = shareHere() }: { readonly min?: number; readonly share?: number } = {},
): number {
  return Math.max(min, Math.round(full * share));
}

function shareHere(): number {
  const wish = process.env["RUNS"];
  if (wish === undefined) return "Bun" in globalThis ? BUN_SHARE : 1;
  const share = Number(wish);
  assert(share > 0 && share < Infinity, `RUNS is "${wish}", expected a number above 0`);
  return share;
}

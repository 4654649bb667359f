/**
 * What each flush mode promises for a loss of power, as a broker with Java's intervals keeps it: the
 * plug is pulled at random moments, and what is gone is held against the promise.
 */
import assert from "node:assert/strict";
import { ManualClock } from "../testdata/manual_clock.ts";
import { openStore, put, runFor, sleepOn } from "../testdata/open_store.ts";
import { PowerLossFiles } from "../testdata/power_loss.ts";
import { between, oneOf, randomOf } from "../testdata/random.ts";
import { FLUSH_INTERVALS } from "./flush_loops.ts";
import { PROPERTY } from "./properties.ts";
import type { FlushMode } from "./store.ts";

const SEED = 20_263;
const TRIALS = 60;
const PUTS_MAX = 24;
const BODY_BYTES_MAX = 7_000;
/** How long nothing comes; mostly nothing at all, sometimes longer than any interval. */
const PAUSES_MS: readonly number[] = [0, 0, 0, 100, 400, 1_000, 4_000, 11_000];
const START = 1_700_000_000_000;

interface Kept {
  readonly physicalOffset: number;
  readonly bytes: number;
  readonly acknowledgedAt: number;
  /** Whether its answer waited for the disk. */
  readonly waited: boolean;
}

/** Acknowledged messages that were lost with the power. */
interface Loss {
  readonly at: number;
  readonly acknowledged: number;
  readonly lost: readonly Kept[];
}

async function losePower(flushMode: FlushMode, seed: number): Promise<Loss> {
  const random = randomOf(seed);
  const clock = new ManualClock(START);
  const fs = new PowerLossFiles();
  const options = { flushMode, now: clock.now, sleep: sleepOn(clock) };
  const store = await openStore(fs, { ...options, background: true });
  const kept: Kept[] = [];
  for (let puts = between(random, 1, PUTS_MAX); puts > 0; puts--) {
    const waits = random() < 0.7;
    const { physicalOffset } = await put(store, {
      body: new Uint8Array(between(random, 1, BODY_BYTES_MAX)).fill(puts),
      properties: waits ? "" : `${PROPERTY.wait}\u0001false\u0002`,
    });
    kept.push({
      physicalOffset,
      bytes: store.recordAt(physicalOffset)!.length,
      acknowledgedAt: clock.now(),
      waited: flushMode === "SYNC_FLUSH" && waits,
    });
    await runFor(clock, oneOf(random, PAUSES_MS));
  }
  const after = fs.lose(() => random() < 0.3);
  await store[Symbol.asyncDispose]();
  await using again = await openStore(after, options);
  const lost = kept.filter((it) => again.recordAt(it.physicalOffset) === undefined);
  return { at: clock.now(), acknowledged: kept.length, lost };
}

/** The last half second, and less than 16 KiB of the ten seconds before. */
function checkAsync({ at, lost }: Loss, name: string): void {
  const { flushIntervalMs, flushBytesMin, flushThoroughIntervalMs } = FLUSH_INTERVALS;
  const older = lost.filter(({ acknowledgedAt }) => at - acknowledgedAt > flushIntervalMs);
  const bytes = older.reduce((sum, it) => sum + it.bytes, 0);
  assert(bytes < flushBytesMin, `${name}: ${bytes} bytes older than ${flushIntervalMs} ms`);
  for (const { acknowledgedAt } of older) {
    assert(
      at - acknowledgedAt <= flushThoroughIntervalMs,
      `${name}: ${at - acknowledgedAt} ms old`,
    );
  }
}

Deno.test(`ASYNC_FLUSH loses at most what came lately with the power, seed ${SEED}`, async () => {
  let lost = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const loss = await losePower("ASYNC_FLUSH", SEED + trial);
    checkAsync(loss, `seed ${SEED + trial}`);
    lost += loss.lost.length;
  }
  assert(lost > 0, "no plug was pulled in time");
});

Deno.test(`SYNC_FLUSH loses nothing whose answer waited for the disk, seed ${SEED}`, async () => {
  let lost = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const loss = await losePower("SYNC_FLUSH", SEED + trial);
    assert.deepEqual(loss.lost.filter(({ waited }) => waited), [], `seed ${SEED + trial}`);
    checkAsync(loss, `seed ${SEED + trial}`);
    lost += loss.lost.length;
  }
  assert(lost > 0, "messages that do not wait may be lost");
});

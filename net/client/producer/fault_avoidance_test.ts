import assert from "node:assert/strict";
import { ManualClock } from "../../../testdata/manual_clock.ts";
import { FaultAvoidance, JAVA_FAULT_TABLE } from "./fault_avoidance.ts";

function avoidance(table = JAVA_FAULT_TABLE) {
  const clock = new ManualClock(1_000_000);
  const faults = new FaultAvoidance(table, { now: clock.now });
  /** How long a broker is avoided from now on. */
  const avoidedMs = (brokerName: string) => {
    const from = clock.now();
    let ms = 0;
    for (; !faults.isAvailable(brokerName); ms += 500) clock.advance(500);
    clock.set(from);
    return ms;
  };
  return { clock, faults, avoidedMs };
}

Deno.test("FaultAvoidance avoids a slow broker as long as Java 5.5.0 does", () => {
  // Of `MQFaultStrategy.computeNotAvailableDuration`.
  for (
    const [latencyMs, expected] of [
      [0, 0],
      [549, 0],
      [550, 2000],
      [1799, 2000],
      [1800, 5000],
      [3000, 6000],
      [5000, 10_000],
      [14_999, 10_000],
      [15_000, 30_000],
      [90_000, 30_000],
    ] as const
  ) {
    const { faults, avoidedMs } = avoidance();
    faults.note("a", "answered", latencyMs);
    assert.equal(avoidedMs("a"), expected, `${latencyMs} ms`);
    assert.equal(avoidedMs("b"), 0);
  }
});

Deno.test("FaultAvoidance counts a failure as a send of ten seconds, and a refusal as out of reach", () => {
  const { faults, avoidedMs, clock } = avoidance();
  faults.note("a", "unanswered", 1);
  assert.deepEqual([avoidedMs("a"), faults.isReachable("a")], [10_000, true]);
  faults.note("b", "refused", 1);
  assert.deepEqual([avoidedMs("b"), faults.isReachable("b")], [10_000, false]);
  // A good answer makes it reachable, but what was set stands.
  clock.advance(1000);
  faults.note("b", "answered", 1);
  assert.deepEqual([avoidedMs("b"), faults.isReachable("b")], [9000, true]);
  // A later, shorter time does not shorten it.
  faults.note("b", "answered", 600);
  assert.equal(avoidedMs("b"), 9000);
  faults.note("b", "unanswered", 600);
  assert.equal(avoidedMs("b"), 10_000);
});

Deno.test("FaultAvoidance goes by a table of one's own", () => {
  const { faults, avoidedMs } = avoidance({ latencyMs: [10, 100], avoidMs: [1000, 7000] });
  faults.note("a", "answered", 9);
  faults.note("b", "answered", 10);
  faults.note("c", "unanswered", 0);
  assert.deepEqual(["a", "b", "c"].map(avoidedMs), [0, 1000, 7000]);
});

import assert from "node:assert/strict";
import { LogFollower } from "./log_follower.ts";

/** Work on a log of records of 10 bytes that ends at 1000. */
function* records(pace: Pick<LogFollower, "to">, seen: number[]): Generator<number, void> {
  for (let at = 0; at < 1000; at += 10) {
    if (at >= pace.to) yield at;
    seen.push(at);
  }
}

Deno.test("LogFollower.step() goes up to a log offset and no further, and never twice", () => {
  const seen: number[] = [];
  const follower = new LogFollower((pace) => records(pace, seen));
  follower.step(25);
  assert.deepEqual([seen, follower.position], [[0, 10, 20], 30]);
  follower.step(30);
  follower.step(5);
  assert.equal(seen.length, 3);
  follower.step(5000);
  assert.deepEqual([seen.length, follower.position], [100, Infinity]);
  follower.step(Infinity);
  assert.equal(seen.length, 100);
});

Deno.test("LogFollower.finish() goes on from where a step ended", async () => {
  const seen: number[] = [];
  const follower = new LogFollower((pace) => records(pace, seen));
  follower.step(500);
  await follower.finish();
  assert.deepEqual([seen.length, seen.at(-1)], [100, 990]);
});

Deno.test("LogFollower.finish() throws what a step met, which whoever leads does not see", async () => {
  const follower = new LogFollower(function* () {
    yield 10;
    throw new Error("Cannot read: it is gone");
  });
  follower.step(5);
  follower.step(50);
  assert.equal(follower.position, Infinity);
  await assert.rejects(follower.finish(), /it is gone/);
});

Deno.test("LogFollower.finish() ends with the signal's reason between two steps", async () => {
  const stop = new AbortController();
  const follower = new LogFollower(function* (pace) {
    for (;;) {
      stop.abort(new Error("enough"));
      yield pace.to;
    }
  });
  await assert.rejects(follower.finish(stop.signal), /enough/);
});

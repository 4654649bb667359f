import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { workOnEach } from "./work_on_each.ts";

async function* numbers(count: number) {
  for (let number = 0; number < count; number++) yield await Promise.resolve(number);
}

/** Takes turns of the event loop: what can begin has begun by the end of each. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}

const never = new AbortController().signal;

Deno.test("workOnEach() does everything, no more than so many at once", async () => {
  let [underWay, most] = [0, 0];
  const done: number[] = [];
  const work = async (number: number) => {
    most = Math.max(most, ++underWay);
    await turns(number % 3);
    underWay--;
    done.push(number);
  };
  await workOnEach(numbers(30), { work, inFlightMax: 4, signal: never });
  assert.equal(most, 4);
  assert.deepEqual(done.toSorted((one, other) => one - other), [...Array(30).keys()]);
});

Deno.test("workOnEach() keeps the order where one is done at a time", async () => {
  const done: number[] = [];
  const work = async (number: number) => {
    await turns(number % 2);
    done.push(number);
  };
  await workOnEach(numbers(6), { work, inFlightMax: 1, signal: never });
  assert.deepEqual(done, [0, 1, 2, 3, 4, 5]);
});

Deno.test("workOnEach() after a failure begins nothing and waits for what is under way", async () => {
  const begun: number[] = [];
  const done: number[] = [];
  const work = async (number: number) => {
    begun.push(number);
    if (number === 2) throw new Error("no route");
    await turns(2);
    done.push(number);
  };
  const all = workOnEach(numbers(100), { work, inFlightMax: 3, signal: never });
  await assert.rejects(all, /no route/);
  assert.deepEqual([begun, done], [[0, 1, 2], [0, 1]]);
});

Deno.test("workOnEach() hears of a failure while it waits for the next thing", async () => {
  const later = Promise.withResolvers<void>();
  async function* source() {
    yield 1;
    await later.promise;
  }
  const work = () => Promise.reject(new Error("no route"));
  await assert.rejects(workOnEach(source(), { work, inFlightMax: 3, signal: never }), /no route/);
  later.resolve();
});

Deno.test("workOnEach() ends with the reason of its signal, before, while it waits, and in a pause", async () => {
  const reason = new Error("Stopped by SIGINT");
  const work = () => Promise.resolve();
  const before = workOnEach(numbers(1), {
    work,
    inFlightMax: 1,
    signal: AbortSignal.abort(reason),
  });
  await assert.rejects(before, reason);
  for (const pace of [undefined, () => new Promise(() => {})]) {
    const stop = new AbortController();
    const later = Promise.withResolvers<void>();
    const source = async function* () {
      yield 1;
      await later.promise;
    };
    const options = { work, inFlightMax: 1, signal: stop.signal, ...(pace && { pace }) };
    const all = workOnEach(source(), options);
    setTimeout(() => stop.abort(reason));
    await assert.rejects(all, reason);
    later.resolve();
  }
});

Deno.test("workOnEach() passes on what its source throws, after what is under way", async () => {
  let isDone = false;
  async function* source() {
    yield 1;
    await turns(1);
    throw new Error("no JSON");
  }
  const work = async () => {
    await turns(3);
    isDone = true;
  };
  await assert.rejects(workOnEach(source(), { work, inFlightMax: 3, signal: never }), /no JSON/);
  assert.equal(isDone, true);
});

import assert from "node:assert/strict";
import { eventually } from "../../../testdata/eventually.ts";
import { FakeOwner, pulledAt } from "../../../testdata/queue_owner.ts";
import { HandlerRunner } from "./handler_runner.ts";

/** One turn takes all. */
const steadyNow = () => 0;

const range = (count: number) => Array.from({ length: count }, (_, n) => n);

Deno.test("HandlerRunner hands over what lies there and what comes", async () => {
  const owner = new FakeOwner();
  const queue = owner.queue(0);
  queue.put(pulledAt(0, [0, 1]));
  const seen: number[] = [];
  const call = (messages: readonly { queueOffset: number }[]) =>
    void seen.push(...messages.map((it) => it.queueOffset));
  const runner = new HandlerRunner(owner.ready, { call, concurrency: 1, size: 1, steadyNow });
  assert.deepEqual(seen, [0, 1]);
  queue.put(pulledAt(0, [2]));
  assert.deepEqual(seen, [0, 1, 2]);
  await runner.stop();
  await runner.stop();
  queue.put(pulledAt(0, [3]));
  assert.deepEqual(seen, [0, 1, 2]);
  assert.equal(owner.offsets.get(queue.queue), 3);
});

Deno.test("HandlerRunner has no more calls under way than it may, and waits for them", async () => {
  const owner = new FakeOwner();
  const queue = owner.queue(0);
  queue.put(pulledAt(0, range(5)));
  const calls: PromiseWithResolvers<void>[] = [];
  const call = () => {
    const one = Promise.withResolvers<void>();
    calls.push(one);
    return one.promise;
  };
  const runner = new HandlerRunner(owner.ready, { call, concurrency: 2, size: 2, steadyNow });
  assert.equal(calls.length, 2);
  calls[1]!.resolve();
  await calls[1]!.promise;
  await Promise.resolve();
  assert.equal(calls.length, 3);
  let stopped = false;
  const stopping = runner.stop().then(() => stopped = true);
  calls[0]!.resolve();
  await calls[0]!.promise;
  await Promise.resolve();
  assert.equal(stopped, false);
  calls[2]!.resolve();
  await stopping;
  assert.equal(owner.offsets.get(queue.queue), 5);
});

Deno.test("HandlerRunner lets others have a turn while handlers never wait", async () => {
  const owner = new FakeOwner();
  const queue = owner.queue(0);
  queue.put(pulledAt(0, range(40)));
  let count = 0;
  const call = () => void count++;
  const runner = new HandlerRunner(owner.ready, {
    call,
    concurrency: 1,
    size: 1,
    steadyNow: () => count,
  });
  assert.equal(count, 5);
  await eventually(() => count === 40);
  await runner.stop();
});

Deno.test("HandlerRunner: what throws and what rejects is to come again", async () => {
  const owner = new FakeOwner({ model: "broadcasting" });
  const queue = owner.queue(0);
  queue.put(pulledAt(0, [0, 1]));
  const call = ([message]: readonly { queueOffset: number }[]) => {
    if (message!.queueOffset === 0) throw new Error("now");
    return Promise.reject(new Error("later"));
  };
  const runner = new HandlerRunner(owner.ready, { call, concurrency: 2, size: 1 });
  await eventually(() => owner.told.filter((text) => /left out/.test(text)).length === 2);
  await runner.stop();
});

import assert from "node:assert/strict";
import { eventually } from "../../../testdata/eventually.ts";
import { KnownOffsets, persistLoop } from "./offset_store.ts";

const QUEUE = { topic: "T", brokerName: "b", queueId: 0 };

Deno.test("KnownOffsets has the last that was told, or the largest where that is asked for", () => {
  const known = new KnownOffsets();
  assert.equal(known.get(QUEUE), undefined);
  known.update(QUEUE, 7);
  known.update({ ...QUEUE }, 5, { increaseOnly: true });
  assert.equal(known.get(QUEUE), 7);
  known.update(QUEUE, 5);
  assert.equal(known.get({ ...QUEUE }), 5);
});

Deno.test("KnownOffsets.freeze() keeps an offset from late news, until the queue is removed", () => {
  const known = new KnownOffsets();
  known.update(QUEUE, 7);
  known.freeze(QUEUE, 100);
  known.update(QUEUE, 8);
  known.update(QUEUE, 200, { increaseOnly: true });
  assert.equal(known.get(QUEUE), 100);
  known.remove(QUEUE);
  assert.equal(known.get(QUEUE), undefined);
  known.update(QUEUE, 3);
  assert.equal(known.get(QUEUE), 3);
});

Deno.test("KnownOffsets.offsetsOf() has the queues of one topic, and nothing else of them", () => {
  const known = new KnownOffsets();
  known.update({ ...QUEUE, ...{ address: "h:1" } }, 1);
  known.update({ ...QUEUE, queueId: 1 }, 2);
  known.update({ ...QUEUE, topic: "U" }, 3);
  assert.deepEqual([...known.offsetsOf("T")], [[QUEUE, 1], [{ ...QUEUE, queueId: 1 }, 2]]);
  assert.deepEqual([...known.offsetsOf("V")], []);
});

Deno.test("persistLoop() stores the queues of the moment, and ends with its signal", async () => {
  const stop = new AbortController();
  const stored: number[] = [];
  let count = 0;
  const queues = () => Array.from({ length: count++ }, (_, queueId) => ({ ...QUEUE, queueId }));
  const store = {
    persist: (queues: readonly unknown[]) => {
      stored.push(queues.length);
      return Promise.resolve();
    },
  };
  const loop = persistLoop(store, { queues, signal: stop.signal, firstMs: 1, intervalMs: 1 });
  await eventually(() => stored.length >= 3);
  stop.abort();
  await loop;
  assert.deepEqual(stored.slice(0, 3), [0, 1, 2]);
  await persistLoop(store, { queues, signal: stop.signal });
});

import assert from "node:assert/strict";
import { draftOf, openStore, put, putBatch } from "../testdata/open_store.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import type { DispatchRequest } from "./dispatch.ts";
import { keyHash } from "./hash.ts";
import { formatProperties } from "./properties.ts";

interface Arrival {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly tagsCode: number;
  readonly keyHashes: readonly number[];
}

function noteInto(arrivals: Arrival[]): (request: DispatchRequest) => void {
  return ({ topic, queueId, queueOffset, physicalOffset, tagsCode, keyHashes }) => {
    const keys = [...keyHashes];
    arrivals.push({ topic, queueId, queueOffset, physicalOffset, tagsCode, keyHashes: keys });
  };
}

Deno.test("Dispatcher tells of every record in the order of the log, topics in turn", async () => {
  const arrivals: Arrival[] = [];
  await using store = await openStore(undefined, { onArrival: noteInto(arrivals) });
  const topics = ["A", "B", "A", "C", "B", "A"];
  await Promise.all(topics.map((topic, number) => {
    const properties = formatProperties([["KEYS", `k${number}`], ["TAGS", topic]]);
    return put(store, { topic, queueId: number % 2, properties });
  }));
  assert.deepEqual(arrivals.map(({ topic }) => topic), topics);
  assert.deepEqual(arrivals.map(({ keyHashes }) => keyHashes), [
    ...topics.map((topic, number) => [keyHash(topic, `k${number}`)]),
  ]);
  assert.deepEqual(arrivals.map(({ tagsCode }) => tagsCode), [
    ...topics.map((topic) => topic.charCodeAt(0)),
  ]);
  const offsets = arrivals.map(({ physicalOffset }) => physicalOffset);
  assert.deepEqual(offsets, offsets.toSorted((one, other) => one - other));
});

Deno.test("Dispatcher tells of each record of a batch, and of what follows it", async () => {
  const arrivals: Arrival[] = [];
  await using store = await openStore(undefined, { onArrival: noteInto(arrivals) });
  const elements = [1, 2, 3].map((flag) => ({ flag, body: new Uint8Array(flag), properties: "" }));
  await Promise.all([
    put(store, { topic: "A" }),
    putBatch(store, { topic: "A" }, elements),
    put(store, { topic: "B" }),
    put(store, { topic: "A" }),
  ]);
  assert.deepEqual(arrivals.map(({ topic, queueOffset }) => [topic, queueOffset]), [
    ["A", 0],
    ["A", 1],
    ["A", 2],
    ["A", 3],
    ["B", 0],
    ["A", 4],
  ]);
});

Deno.test("Dispatcher: a record that is in no queue is told of, but gets no unit", async () => {
  const arrivals: Arrival[] = [];
  await using store = await openStore(undefined, { onArrival: noteInto(arrivals) });
  const prepared = 4;
  await put(store, { topic: "A", sysFlag: prepared });
  await put(store, { topic: "A" });
  assert.equal(arrivals.length, 2);
  assert.deepEqual(store.queueRange("A", 0), { min: 0, max: 1 });
});

Deno.test("Dispatcher: a put from within a listener is a mistake and is said to be one", async () => {
  let problem: unknown;
  await using store = await openStore(undefined, {
    onArrival: () => {
      try {
        store.put(draftOf(), () => {});
      } catch (error) {
        problem = error;
      }
    },
  });
  await put(store);
  assert.match(String(problem), /from within an arrival listener/);
});

Deno.test("Dispatcher: an index that cannot be written ends the store, the log is whole", async () => {
  const disk = new PowerLossFiles();
  const told: unknown[] = [];
  await using store = await openStore(disk, { onFailure: (error) => told.push(error) });
  disk.interfere = (_verb, path) => {
    if (path.includes("index")) throw systemError("EIO");
  };
  const properties = formatProperties([["KEYS", "k"]]);
  const { stored, physicalOffset } = await put(store, { properties });
  assert(stored && store.recordAt(physicalOffset) !== undefined);
  assert.equal(told.length, 1);
  disk.interfere = () => {};
});

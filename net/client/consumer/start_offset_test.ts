import assert from "node:assert/strict";
import { ScriptedCluster } from "../../../testdata/scripted_cluster.ts";
import { Refusal } from "../../rpc/refusal.ts";
import {
  consumeFromWhere,
  maxOffset,
  minOffset,
  offsetAt,
  type StartFrom,
  startOffset,
} from "./start_offset.ts";

const QUEUE = { topic: "T", brokerName: "a", queueId: 0 };
const RETRY = { topic: "%RETRY%G", brokerName: "a", queueId: 0 };

async function running() {
  const asked: string[] = [];
  const it = await ScriptedCluster.start({
    topics: { T: 1, "%RETRY%G": 1 },
    brokers: [{
      brokerName: "a",
      family: {
        GET_MAX_OFFSET: ({ header: { topic } }) => {
          asked.push(`max ${topic}`);
          return { extFields: { offset: "90" } };
        },
        GET_MIN_OFFSET: () => ({ extFields: { offset: "20" } }),
        SEARCH_OFFSET_BY_TIMESTAMP: ({ header: { topic, timestamp } }) => {
          if (timestamp === 404) throw new Refusal("SYSTEM_ERROR", "not now");
          asked.push(`at ${timestamp} ${topic}`);
          return { extFields: { offset: "55" } };
        },
      },
    }],
  });
  const start = (queue: typeof QUEUE, startFrom: StartFrom, stored?: number) => {
    const store = { read: () => Promise.resolve(stored) };
    return startOffset(it.cluster, queue, { store, startFrom });
  };
  return {
    start,
    asked,
    cluster: it.cluster,
    [Symbol.asyncDispose]: () => it[Symbol.asyncDispose](),
  };
}

Deno.test("startOffset() goes on where the group was, wherever it would begin", async () => {
  await using it = await running();
  for (const startFrom of ["first", "last", 5] as const) {
    assert.equal(await it.start(QUEUE, startFrom, 7), 7);
    assert.equal(await it.start(RETRY, startFrom, 0), 0);
  }
  assert.deepEqual(it.asked, []);
});

Deno.test("startOffset() begins as Java's does where the group was never", async () => {
  await using it = await running();
  assert.equal(await it.start(QUEUE, "first"), 0);
  assert.equal(await it.start(RETRY, "first"), 0);
  assert.equal(await it.start(RETRY, "last"), 0);
  assert.deepEqual(it.asked, []);
  assert.equal(await it.start(QUEUE, "last"), 90);
  assert.equal(await it.start(QUEUE, new Date(1234)), 55);
  assert.equal(await it.start(RETRY, 1234), 90);
  assert.deepEqual(it.asked, ["max T", "at 1234 T", "max %RETRY%G"]);
});

Deno.test("startOffset() fails where it cannot be known, instead of beginning somewhere", async () => {
  await using it = await running();
  await assert.rejects(it.start(QUEUE, 404), { kind: "refused", code: "SYSTEM_ERROR" });
  const store = { read: () => Promise.reject(new Error("no answer")) };
  await assert.rejects(startOffset(it.cluster, QUEUE, { store, startFrom: "first" }), /no answer/);
});

Deno.test("consumeFromWhere() names a start as heartbeats do, and refuses what is none", () => {
  assert.equal(consumeFromWhere("first"), "CONSUME_FROM_FIRST_OFFSET");
  assert.equal(consumeFromWhere("last"), "CONSUME_FROM_LAST_OFFSET");
  assert.equal(consumeFromWhere(0), "CONSUME_FROM_TIMESTAMP");
  assert.equal(consumeFromWhere(new Date(5)), "CONSUME_FROM_TIMESTAMP");
  for (const none of [-1, NaN, new Date(NaN), "middle" as "last"]) {
    assert.throws(() => consumeFromWhere(none), { name: "ClientError", kind: "invalid" });
  }
});

Deno.test("maxOffset(), minOffset() and offsetAt() ask the master", async () => {
  await using it = await running();
  assert.equal(await maxOffset(it.cluster, QUEUE), 90);
  assert.equal(await minOffset(it.cluster, QUEUE), 20);
  assert.equal(await offsetAt(it.cluster, QUEUE, { timestamp: 8 }), 55);
  await assert.rejects(maxOffset(it.cluster, { ...QUEUE, brokerName: "z" }), { kind: "no-route" });
});

import assert from "node:assert/strict";
import { eventually } from "../../../testdata/eventually.ts";
import { ScriptedCluster } from "../../../testdata/scripted_cluster.ts";
import { Refusal } from "../../rpc/refusal.ts";
import type { Family } from "../../rpc/routes.ts";
import { RemoteOffsets } from "./remote_offsets.ts";

const QUEUE = { topic: "T", brokerName: "a", queueId: 0 };

/** A broker that keeps offsets, by group, topic and queue. */
async function running(options: { brokerId?: number; family?: Family } = {}) {
  const stored = new Map<string, number>();
  const told: string[] = [];
  const family: Family = {
    QUERY_CONSUMER_OFFSET: ({ header: { consumerGroup, topic, queueId } }) => {
      const offset = stored.get(`${consumerGroup} ${topic} ${queueId}`);
      if (offset === undefined) throw new Refusal("QUERY_NOT_FOUND", "never been there");
      return { extFields: { offset: String(offset) } };
    },
    UPDATE_CONSUMER_OFFSET: ({ header: { consumerGroup, topic, queueId, commitOffset } }) => {
      stored.set(`${consumerGroup} ${topic} ${queueId}`, commitOffset);
      return {};
    },
    ...options.family,
  };
  const it = await ScriptedCluster.start({
    topics: { T: 2 },
    brokers: [{ brokerName: "a", brokerId: options.brokerId ?? 0, family }],
    client: { log: (text) => told.push(text) },
  });
  const store = new RemoteOffsets(it.cluster, "G");
  return {
    store,
    stored,
    told,
    cluster: it.cluster,
    [Symbol.asyncDispose]: () => it[Symbol.asyncDispose](),
  };
}

Deno.test("RemoteOffsets.read() knows what the broker has, and where it has nothing", async () => {
  await using it = await running();
  assert.equal(await it.store.read(QUEUE), undefined);
  assert.equal(it.store.get(QUEUE), undefined);
  it.stored.set("G T 0", 17);
  assert.equal(await it.store.read(QUEUE), 17);
  assert.equal(it.store.get(QUEUE), 17);
});

Deno.test("RemoteOffsets.persist() stores what is known of these queues, also at a slave", async () => {
  for (const brokerId of [0, 2]) {
    await using it = await running({ brokerId });
    const other = { ...QUEUE, queueId: 1 };
    it.store.update(QUEUE, 5);
    it.store.update(other, 6);
    await it.store.persist([QUEUE, { ...QUEUE, queueId: 7 }]);
    await eventually(() => it.stored.size === 1);
    assert.deepEqual([...it.stored], [["G T 0", 5]]);
    it.store.remove(QUEUE);
    await it.store.persist([QUEUE, other]);
    await eventually(() => it.stored.size === 2);
    assert.deepEqual([...it.stored], [["G T 0", 5], ["G T 1", 6]]);
    assert.deepEqual(it.told, []);
  }
});

Deno.test("RemoteOffsets.persist() logs what it cannot store, and stores the rest", async () => {
  await using it = await running();
  const lost = { ...QUEUE, brokerName: "gone" };
  it.store.update(lost, 5);
  it.store.update(QUEUE, 6);
  await it.store.persist([lost, QUEUE]);
  await eventually(() => it.stored.size === 1);
  assert.deepEqual([...it.stored], [["G T 0", 6]]);
  assert.deepEqual(it.told, [
    'Cannot store offset 5 of group "G" in queue 0 of topic "T" at gone',
  ]);
});

Deno.test("RemoteOffsets.commit() waits for the broker, and tells its refusal", async () => {
  await using it = await running();
  await it.store.commit(QUEUE, 9);
  assert.deepEqual([...it.stored], [["G T 0", 9]]);
  await using other = await running({
    family: {
      UPDATE_CONSUMER_OFFSET: () => {
        throw new Refusal("SUBSCRIPTION_GROUP_NOT_EXIST", "who?");
      },
    },
  });
  await assert.rejects(other.store.commit(QUEUE, 9), {
    kind: "refused",
    code: "SUBSCRIPTION_GROUP_NOT_EXIST",
  });
});

Deno.test("RemoteOffsets.read() does not take a failure for a group that was never there", async () => {
  await using it = await running({
    family: {
      QUERY_CONSUMER_OFFSET: () => {
        throw new Refusal("SYSTEM_ERROR", "not now");
      },
    },
  });
  await assert.rejects(it.store.read(QUEUE), {
    name: "ClientError",
    kind: "refused",
    code: "SYSTEM_ERROR",
    message: /^Cannot read the offset of group "G" in queue 0 of topic "T" at a: .*, not now$/,
  });
  await assert.rejects(it.store.read({ ...QUEUE, brokerName: "gone" }), { kind: "no-route" });
});

import assert from "node:assert/strict";
import { ClientError } from "../../net/client/client_error.ts";
import { activity, type Snapshot, snapshot } from "./activity.ts";

function at(ms: number, topics: Record<string, number>, groups: Snapshot["groups"] = new Map()) {
  return { at: ms, topics: new Map(Object.entries(topics)), groups, failures: [] };
}

Deno.test("activity(): rates are those between two moments, the busiest topic first", () => {
  const rows = activity(at(0, { a: 100, b: 7 }), at(2000, { b: 27, a: 101, c: 5 }));
  assert.deepEqual(rows, [
    { kind: "topic", name: "b", perSecond: 10, total: 27 },
    { kind: "topic", name: "a", perSecond: 0.5, total: 101 },
    { kind: "topic", name: "c", perSecond: 0, total: 5 },
  ]);
});

Deno.test("activity(): groups come by their lag; one that was reset has no rate below 0", () => {
  const before = new Map([["x", { consumed: 100, lag: 0, members: 1 }]]);
  const after = new Map([
    ["x", { consumed: 40, lag: 60, members: 1 }],
    ["y", { consumed: 9, lag: 70, members: 0 }],
  ]);
  assert.deepEqual(activity(at(0, {}, before), at(1000, {}, after)), [
    { kind: "group", name: "y", perSecond: 0, lag: 70, members: 0 },
    { kind: "group", name: "x", perSecond: 0, lag: 60, members: 1 },
  ]);
});

const queue = { topic: "T", brokerName: "b", queueId: 0, minOffset: 0, lastStoreTimestamp: 0 };

Deno.test("snapshot() leaves out the system and what has gone, and tells what failed", async () => {
  const admin = {
    topics: () =>
      Promise.resolve(["T", "gone", "ill", "TBW102", "%RETRY%g", "RMQ_SYS_TRACE_TOPIC", "C1", "b"]),
    clusterInfo: () =>
      Promise.resolve([{ cluster: "C1", brokerName: "b", addresses: new Map<number, string>() }]),
    groups: () => Promise.resolve(["g", "TOOLS_CONSUMER", "nobody"]),
    topicStats: (topic: string) => {
      if (topic === "gone") return Promise.reject(new ClientError("gone", { kind: "no-route" }));
      if (topic === "ill") return Promise.reject(new Error("no answer"));
      return Promise.resolve({
        topic,
        queues: [{ ...queue, maxOffset: 5 }, { ...queue, maxOffset: 7 }],
      });
    },
    progress: (group: string) => {
      const queues = group === "g" ? [{ ...queue, consumerOffset: 4 }] : [];
      const members = { group, members: [] };
      return Promise.resolve({ group, queues, lag: 8, consumeTps: 0, members, silent: [] });
    },
  } as unknown as Parameters<typeof snapshot>[0];
  const found = await snapshot(admin, { now: () => 9 });
  assert.deepEqual([...found.topics], [["T", 12]]);
  assert.deepEqual([...found.groups], [["g", { consumed: 4, lag: 8, members: 0 }]]);
  assert.deepEqual([found.failures, found.at], [["no answer"], 9]);
  const all = await snapshot(admin, { all: true, now: () => 9 });
  assert.equal(all.topics.size, 6);
});

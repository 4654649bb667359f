import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { Cluster } from "../cluster.ts";
import { lockQueues, unlockQueues } from "./queue_locks.ts";

const QUEUES = ["broker-a", "broker-b"].flatMap((brokerName) =>
  [0, 1].map((queueId) => ({ topic: "TBW102", brokerName, queueId }))
);

Deno.test("lockQueues() says which queues are this client's, and which another's", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const nameServers = it.nameServer.peer;
  await using one = new Cluster({ nameServers });
  await using two = new Cluster({ nameServers });
  const group = "billing";
  const some = QUEUES.slice(1, 3);
  assert.deepEqual(await lockQueues(one, { group, queues: some }), { granted: some, refused: [] });
  const { granted, refused } = await lockQueues(two, { group, queues: QUEUES });
  assert.deepEqual(new Set(granted), new Set([QUEUES[0], QUEUES[3]]));
  assert.deepEqual(new Set(refused), new Set(some));
  // Another group has locks of its own, and one's own are granted again.
  assert.equal((await lockQueues(two, { group: "other", queues: some })).granted.length, 2);
  assert.equal((await lockQueues(one, { group, queues: some })).granted.length, 2);
  await unlockQueues(one, { group, queues: some });
  assert.equal((await lockQueues(two, { group, queues: QUEUES })).granted.length, 4);
});

Deno.test("lockQueues() says nothing of a broker it cannot ask", async () => {
  const told: string[] = [];
  await using it = await ClusterFixture.start({ brokers: 2 });
  const log = (text: string) => void told.push(text);
  await using one = new Cluster({ nameServers: it.nameServer.peer, log });
  await one.routes.route("TBW102");
  await it.stopBroker(1);
  const answer = await lockQueues(one, { group: "billing", queues: QUEUES });
  assert.deepEqual(answer, { granted: QUEUES.slice(0, 2), refused: [] });
  await unlockQueues(one, { group: "billing", queues: QUEUES });
  assert.deepEqual(told, [
    'Cannot lock queues of group "billing" at broker-b',
    'Cannot unlock queues of group "billing" at broker-b',
  ]);
});

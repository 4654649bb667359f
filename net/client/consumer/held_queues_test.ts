import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { FakeOwner } from "../../../testdata/queue_owner.ts";
import { HeldQueues } from "./held_queues.ts";
import { LOCK_LIVE_MS, lockQueues, unlockQueues } from "./queue_locks.ts";
import { Cluster } from "../cluster.ts";

const queuesOf = (...ids: number[]) =>
  ids.map((queueId) => ({ topic: "TBW102", brokerName: "broker-a", queueId }));

class Owner extends FakeOwner {
  override readonly cluster: Cluster;

  constructor(cluster: Cluster, options: ConstructorParameters<typeof FakeOwner>[0]) {
    super(options);
    this.cluster = cluster;
  }
}

Deno.test("HeldQueues has the queues it is given, and shares the limits of their topic", async () => {
  await using it = await ClusterFixture.start();
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  const owner = new Owner(cluster, { cachedMessagesMaxOfTopic: 100, errorPauseMs: 1 });
  const queues = new HeldQueues(owner, { onLost: () => {} });
  const ids = () => queues.all.map((held) => held.queue.queueId).sort();
  assert.equal(queues.limitsOf("TBW102").messages, 100);
  assert.equal(await queues.assign("TBW102", queuesOf(0, 1, 2)), true);
  assert.deepEqual(ids(), [0, 1, 2]);
  assert.equal(queues.limitsOf("TBW102").messages, 33);
  const [first] = queues.all;
  assert.equal(await queues.assign("TBW102", queuesOf(2, 3)), true);
  assert.deepEqual(ids(), [2, 3]);
  assert.equal(first!.signal.aborted, true);
  assert.equal(queues.limitsOf("TBW102").messages, 50);
  assert.equal(queues.limitsOf("Other").messages, 100);
  await queues.close();
  await queues.close();
  assert.equal(await queues.assign("TBW102", queuesOf(2)), true);
  assert.deepEqual(ids(), []);
});

Deno.test("HeldQueues in order takes a queue when no other member has it locked", async () => {
  await using it = await ClusterFixture.start();
  const nameServers = it.nameServer.peer;
  await using cluster = new Cluster({ nameServers });
  await using other = new Cluster({ nameServers });
  const [zero, one] = queuesOf(0, 1);
  const group = "billing";
  await lockQueues(other, { group, queues: [one!] });
  const queues = new HeldQueues(new Owner(cluster, { ordered: true }), { onLost: () => {} });
  assert.equal(await queues.assign("TBW102", [zero!, one!]), false);
  assert.deepEqual(queues.all.map((held) => held.queue.queueId), [0]);
  // Whoever gives up a queue gives back its lock.
  const refused = await lockQueues(other, { group, queues: [zero!] });
  assert.deepEqual(refused.refused, [zero]);
  await queues.assign("TBW102", []);
  const granted = await lockQueues(other, { group, queues: [zero!] });
  assert.deepEqual(granted.granted, [zero]);
  await queues.close();
});

Deno.test("HeldQueues goes on where it is told, and forgets what was pulled before", async () => {
  await using it = await ClusterFixture.start();
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  const owner = new Owner(cluster, { errorPauseMs: 1 });
  const queues = new HeldQueues(owner, { onLost: () => {} });
  await queues.assign("TBW102", queuesOf(0, 1));
  const [first, second] = queues.all;
  await queues.reset("TBW102", new Map([[queuesOf(0)[0]!, 17], [queuesOf(7)[0]!, 3]]));
  assert.equal(first!.pulled.dropped, true);
  assert.equal(second!.pulled.dropped, false);
  await eventually(() => queues.all.length === 2);
  assert.equal(owner.offsets.get(queuesOf(0)[0]!), 17);
  assert.equal(owner.offsets.get(queuesOf(7)[0]!), undefined);
  await queues.close();
});

Deno.test("HeldQueues in order gives up a queue that another member has locked", async () => {
  await using it = await ClusterFixture.start();
  const nameServers = it.nameServer.peer;
  await using cluster = new Cluster({ nameServers });
  await using other = new Cluster({ nameServers });
  const group = "billing";
  const queues = queuesOf(0, 1);
  const owner = new Owner(cluster, { ordered: true });
  let lost = 0;
  const held = new HeldQueues(owner, { onLost: () => lost++, renewMs: 5 });
  await held.assign("TBW102", queues);
  // As after a minute without a renewal.
  await eventually(async () => {
    await unlockQueues(cluster, { group, queues: queues.slice(0, 1) });
    return (await lockQueues(other, { group, queues: queues.slice(0, 1) })).granted.length === 1;
  });
  await eventually(() => lost === 1);
  assert.deepEqual(held.all.map((it) => it.queue.queueId), [1]);
  assert.equal(await held.assign("TBW102", queues), false);
  await unlockQueues(other, { group, queues });
  assert.equal(await held.assign("TBW102", queues), true);
  await held.close();
});

Deno.test("HeldQueues in order does not trust what it has after a lock was out of date", async () => {
  await using it = await ClusterFixture.start();
  let time = 1_800_000_000_000;
  const options = { nameServers: it.nameServer.peer, now: () => time };
  await using cluster = new Cluster(options, { steadyNow: () => time });
  const owner = new Owner(cluster, { ordered: true });
  let lost = 0;
  const held = new HeldQueues(owner, { onLost: () => lost++, renewMs: 5 });
  await held.assign("TBW102", queuesOf(0));
  const [queue] = held.all;
  const { lockedAt } = queue!.pulled;
  time += LOCK_LIVE_MS - 1;
  await eventually(() => queue!.pulled.lockedAt > lockedAt);
  assert.equal(lost, 0);
  time += LOCK_LIVE_MS;
  await eventually(() => lost === 1);
  assert.equal(queue!.pulled.dropped, true);
  assert.deepEqual(held.all, []);
  await held.close();
});

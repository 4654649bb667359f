import assert from "node:assert/strict";
import { ScriptedCluster } from "../../../testdata/scripted_cluster.ts";
import { anyBrokerOf, brokerOf } from "./broker_choice.ts";

const TOPICS = { T: 1 };

function queue(brokerName: string) {
  return { topic: "T", brokerName, queueId: 0 };
}

function broker(brokerName: string, brokerId: number) {
  return { brokerName, brokerId, family: {} };
}

Deno.test("brokerOf() takes the broker that is wished, the next slave, or any", async () => {
  const brokers = [broker("a", 0), broker("a", 2), broker("b", 1)];
  await using it = await ScriptedCluster.start({ topics: TOPICS, brokers });
  const { cluster, addresses: [master, slave, orphan] } = it;
  // Its route is not known before it is asked for here.
  assert.deepEqual(await brokerOf(cluster, queue("a")), { address: master, brokerId: 0 });
  for (const brokerId of [1, 2]) {
    const found = await brokerOf(cluster, queue("a"), { brokerId });
    assert.deepEqual(found, { address: slave, brokerId: 2 });
  }
  assert.equal((await brokerOf(cluster, queue("a"), { brokerId: 7 })).address, master);
  assert.deepEqual(
    { address: (await brokerOf(cluster, queue("b"))).address, brokerId: 1 },
    { address: orphan, brokerId: 1 },
  );
  await assert.rejects(brokerOf(cluster, queue("b"), { only: true }), {
    name: "ClientError",
    kind: "no-route",
    message: /the route has no broker 0 of the name "b"$/,
  });
  await assert.rejects(brokerOf(cluster, queue("c")), { kind: "no-route" });
});

Deno.test("anyBrokerOf() draws a name, and prefers its master", async () => {
  const draws = [0, 0, 0.9, 0.9, 0.9, 0];
  await using it = await ScriptedCluster.start({
    topics: TOPICS,
    brokers: [broker("a", 0), broker("a", 1), broker("b", 1), broker("b", 2)],
    // The first is drawn for the name server.
    client: { random: () => draws.shift() ?? 0 },
  });
  const { cluster, addresses: [master, , one, two] } = it;
  assert.equal(await anyBrokerOf(cluster, "T"), master);
  assert.equal(await anyBrokerOf(cluster, "T"), two);
  assert.equal(await anyBrokerOf(cluster, "T"), one);
  assert.equal(await anyBrokerOf(cluster, "Missing"), undefined);
});

import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { parseRunningInfo } from "../../wire/running_info.ts";
import { Cluster } from "../cluster.ts";
import { consumerSettings } from "./consumer_options.ts";
import { Membership } from "./membership.ts";
import { ReadyQueues } from "./ready_queues.ts";
import { runningInfo } from "./running_info.ts";

Deno.test("runningInfo() calls settings as Java's consumers do", async () => {
  await using it = await ClusterFixture.start();
  await using cluster = new Cluster({ nameServers: it.nameServer.peer, namespace: "eu" });
  const membership = await Membership.join(cluster, {
    settings: consumerSettings({ group: "billing", subscribe: { T: "a || b" }, startFrom: 5 }),
    hooks: [],
    ready: new ReadyQueues(),
    consumeDirectly: () => Promise.resolve(new Uint8Array()),
    signal: AbortSignal.timeout(60_000),
  });
  const { properties, subscriptionSet, mqTable } = parseRunningInfo(runningInfo(membership));
  assert.equal(properties.get("consumerGroup"), "eu%billing");
  assert.equal(properties.get("PROP_CLIENT_VERSION"), "V5_3_3");
  assert.equal(properties.get("consumeFromWhere"), "CONSUME_FROM_TIMESTAMP");
  assert.equal(properties.get("pullThresholdSizeForQueue"), "100");
  assert.equal(properties.get("consumeTimeout"), "15");
  assert.equal(properties.get("maxReconsumeTimes"), "16");
  assert.deepEqual(subscriptionSet.map((it) => [it.topic, it.subString]), [
    ["eu%T", "a || b"],
    ["%RETRY%eu%billing", "*"],
  ]);
  assert.equal(mqTable.size, 0);
  await membership.leave();
});

import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { sendFields } from "../../../testdata/message_path.ts";

Deno.test("brokerInfo() tells state and settings, and settings change where the broker allows it", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  const { peer } = it.brokers[0]!;
  const { runtime, config } = await admin.brokerInfo(peer);
  assert.equal(runtime.get("putMessageTimesTotal"), "0");
  assert.equal(config.get("brokerName"), "broker-a");
  assert.deepEqual(await admin.brokerConfig(peer), config);
  await assert.rejects(admin.updateBrokerConfig(peer, { brokerPermission: "4" }), {
    kind: "refused",
  });
});

Deno.test("updateBrokerConfig() changes what the broker lets be changed", async () => {
  await using it = await ClusterFixture.start({ config: { updateBrokerConfigEnable: true } });
  const { admin } = it.client;
  const { peer } = it.brokers[0]!;
  await admin.updateBrokerConfig(peer, { brokerPermission: "4" });
  assert.equal((await admin.brokerConfig(peer)).get("brokerPermission"), "4");
});

Deno.test("nameServerConfig() tells the settings of each name server", async () => {
  await using it = await ClusterFixture.start();
  const settings = await it.client.admin.nameServerConfig();
  assert.deepEqual([...settings.keys()], [it.nameServer.peer]);
  assert.equal(settings.get(it.nameServer.peer)?.get("orderMessageEnable"), "false");
});

Deno.test("wipeWritePerm() keeps producers away from a broker, addWritePerm() lets them back", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const { admin } = it.client;
  await admin.createTopic("T");
  const perms = async () => (await admin.route("T"))?.queueDatas.map((it) => it.perm);
  assert((await admin.wipeWritePerm("broker-a")) > 0);
  assert.deepEqual((await perms())?.sort(), [4, 6]);
  assert((await admin.addWritePerm("broker-a")) > 0);
  assert.deepEqual(await perms(), [6, 6]);
});

Deno.test("brokerStats() tells an item over minute, hour and day, or that there is none", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  const [broker] = it.brokers;
  const item = { name: "TOPIC_PUT_NUMS", key: "T" } as const;
  assert.equal(await admin.brokerStats(broker!.peer, item), undefined);
  await broker!.ask("SEND_MESSAGE_V2", { extFields: sendFields(), body: new Uint8Array(1) });
  const stats = await admin.brokerStats(broker!.peer, item);
  assert.deepEqual(Object.keys(stats ?? {}).sort(), ["statsDay", "statsHour", "statsMinute"]);
  assert.equal(typeof stats?.statsMinute.tps, "number");
});

Deno.test("cleaning is asked of all brokers, or of those that are named", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const { admin } = it.client;
  await admin.cleanUnusedTopics();
  await admin.cleanExpiredQueues({ cluster: "C1" });
  await admin.deleteExpiredFiles({ brokers: ["broker-b"] });
  await it.stopBroker(0);
  await admin.cleanUnusedTopics({ brokers: ["broker-b"] });
});

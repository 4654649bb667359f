import assert from "node:assert/strict";
import { consumerOf, ConsumerSide, subscriptionTo } from "../../testdata/consumer_side.ts";
import { ScriptedSocket } from "../../testdata/scripted_socket.ts";
import { Connection } from "../rpc/connection.ts";
import type { SubscriptionData } from "../wire/heartbeat.ts";
import { newSubscriptionGroup } from "../wire/subscription_group.ts";
import type { ClientChannel } from "./client_channel.ts";
import { ConsumerGroups } from "./consumer_groups.ts";

const CHANGED = "NOTIFY_CONSUMER_IDS_CHANGED";

/** A table on its own, and members for it. */
function setUp() {
  const groups = new ConsumerGroups({ now: () => 1000, notifies: () => true });
  const member = (clientId: string): ClientChannel => ({
    connection: Connection.over(new ScriptedSocket()),
    clientId,
    language: "JAVA",
    version: 513,
    lastUpdateTimestamp: 1000,
  });
  return { groups, member };
}

function versionsOf(groups: ConsumerGroups): Record<string, number> {
  const subscriptions = groups.get("G")?.subscriptions.values() ?? [];
  return Object.fromEntries(Array.from(subscriptions, (it) => [it.topic, it.subVersion]));
}

Deno.test("ConsumerGroups.register() tells a new member and new topics from a heartbeat like the last", () => {
  const { groups, member } = setUp();
  const one = member("one");
  assert.equal(groups.register(one, consumerOf("G", ["T"])), true, "a new member");
  assert.equal(groups.register(one, consumerOf("G", ["T"])), false);
  assert.equal(groups.register(one, consumerOf("G", ["T", "U"])), true, "one more topic");
  assert.equal(groups.register(one, consumerOf("G", ["U"])), true, "one topic less");
  assert.equal(groups.register(one, consumerOf("G", [])), true, "no topic left");
  assert.equal(groups.register(one, consumerOf("G", [])), false);
  assert.equal(groups.register(member("two"), consumerOf("G", [])), true, "one more member");
  assert.equal(groups.register(one, consumerOf("H", [])), true, "a member of one more group");
});

Deno.test("ConsumerGroups.register() takes newer subscriptions without a word, and no older ones", () => {
  const { groups, member } = setUp();
  const one = member("one");
  const subscribe = (...subscriptions: SubscriptionData[]) =>
    groups.register(one, consumerOf("G", subscriptions));
  const tagged = (subVersion: number, subString: string) =>
    subscriptionTo("T", { subVersion, subString });
  subscribe(tagged(5, "TagA"));
  assert.equal(subscribe(tagged(6, "TagB")), false);
  assert.equal(groups.get("G")?.subscription("T")?.subString, "TagB");
  assert.equal(subscribe(tagged(6, "TagC")), false);
  assert.equal(subscribe(tagged(4, "TagD")), false);
  assert.equal(groups.get("G")?.subscription("T")?.subString, "TagB");
  subscribe();
  subscribe(tagged(1, "TagE"));
  assert.equal(groups.get("G")?.subscription("T")?.subString, "TagE", "it was forgotten between");
});

Deno.test("ConsumerGroups.register() takes what the last member says for the whole group, as Java does", () => {
  const { groups, member } = setUp();
  groups.register(member("one"), consumerOf("G", ["T", "U"]));
  groups.register(member("two"), consumerOf("G", ["U", "V"], { consumeType: "CONSUME_ACTIVELY" }));
  assert.deepEqual(versionsOf(groups), { U: 1, V: 1 });
  assert.equal(groups.get("G")?.consumeType, "CONSUME_ACTIVELY");
});

Deno.test("ConsumerGroups.register() without subscriptions leaves those there are", () => {
  const { groups, member } = setUp();
  const one = member("one");
  groups.register(one, consumerOf("G", ["T"]));
  assert.equal(groups.register(one, consumerOf("G"), { withoutSub: true }), false);
  assert.equal(groups.register(member("two"), consumerOf("G"), { withoutSub: true }), true);
  assert.deepEqual(versionsOf(groups), { T: 1 });
});

Deno.test("ConsumerGroups knows members by connection: two may have the same id", () => {
  const { groups, member } = setUp();
  const old = member("C1");
  const young = { ...member("C1"), lastUpdateTimestamp: 2000 };
  groups.register(old, consumerOf("G"));
  groups.register(young, consumerOf("G"));
  const group = groups.get("G")!;
  assert.equal(group.size, 2);
  assert.equal(group.channel(young.connection)?.lastUpdateTimestamp, 2000);
  assert.equal(group.findChannel("C1"), old);
  groups.connectionClosed(old.connection);
  assert.equal(group.findChannel("C1"), young, "the client that came back stays");
  assert.equal(group.findChannel("C2"), undefined);
});

Deno.test("ConsumerGroups lists groups with members, and those that subscribe to a topic", () => {
  const { groups, member } = setUp();
  const one = member("one");
  groups.register(one, consumerOf("G", ["T", "U"]));
  groups.register(one, consumerOf("H", ["T"]));
  groups.register(member("two"), consumerOf("I", ["V"]));
  assert.deepEqual(groups.groupsOf("T").sort(), ["G", "H"]);
  assert.deepEqual(groups.groupsOf("W"), []);
  assert.deepEqual(Array.from(groups.all(), (it) => it.name).sort(), ["G", "H", "I"]);
  groups.connectionClosed(one.connection);
  groups.connectionClosed(one.connection);
  assert.deepEqual(Array.from(groups.all(), (it) => it.name), ["I"]);
  assert.equal(groups.get("G"), undefined, "a group without members is gone");
});

Deno.test("ConsumerGroups.unregister() is for members: others change nothing", () => {
  const { groups, member } = setUp();
  const one = member("one");
  groups.register(one, consumerOf("G"));
  groups.unregister(member("stranger").connection, "G");
  groups.unregister(one.connection, "H");
  assert.equal(groups.get("G")?.size, 1);
  groups.unregister(one.connection, "G");
  groups.unregister(one.connection, "G");
  assert.equal(groups.get("G"), undefined);
});

Deno.test("All members hear of a new member, itself included, and of one that leaves or is lost", async () => {
  await using it = await ConsumerSide.open();
  const [one, two, three] = [it.client("one"), it.client("two"), it.client("three")];
  const beat = { consumers: [consumerOf("G", ["T"])] };
  await one.heartbeat(beat);
  assert.deepEqual(await one.news(), [`${CHANGED} G`]);
  await two.heartbeat(beat);
  await three.heartbeat(beat);
  assert.deepEqual(await one.news(), [`${CHANGED} G`, `${CHANGED} G`]);
  assert.deepEqual(await two.news(), [`${CHANGED} G`, `${CHANGED} G`]);
  assert.deepEqual(await three.news(), [`${CHANGED} G`]);
  await one.heartbeat(beat);
  assert.deepEqual(await two.news(), [], "nothing has changed");
  await two.ask("UNREGISTER_CLIENT", { header: { clientId: "two", consumerGroup: "G" } });
  assert.deepEqual(await one.news(), [`${CHANGED} G`]);
  assert.deepEqual(await two.news(), [], "who left need not know");
  await three.leave();
  assert.deepEqual(await one.news(), [`${CHANGED} G`]);
});

Deno.test("Members hear of topics that come and go, but not of other tags", async () => {
  await using it = await ConsumerSide.open();
  const [one, two] = [it.client("one"), it.client("two")];
  const beat = (...topics: (string | SubscriptionData)[]) => ({
    consumers: [consumerOf("G", topics)],
  });
  await one.heartbeat(beat("T"));
  await two.heartbeat(beat("T"));
  await one.news();
  await two.heartbeat(beat("T", "U"));
  assert.deepEqual(await one.news(), [`${CHANGED} G`]);
  await two.heartbeat(beat(subscriptionTo("T", { subVersion: 2, subString: "TagA" }), "U"));
  assert.deepEqual(await one.news(), []);
  await two.heartbeat(beat("U"));
  assert.deepEqual(await one.news(), [`${CHANGED} G`]);
});

Deno.test("Members of a broadcast, and of a group that does not want it, hear nothing", async () => {
  await using it = await ConsumerSide.open();
  it.path.groups.put({
    ...newSubscriptionGroup("Quiet"),
    notifyConsumerIdsChangedEnable: false,
  });
  const clients = [it.client("one"), it.client("two")];
  const consumers = [
    consumerOf("All", ["T"], { messageModel: "BROADCASTING" }),
    consumerOf("Quiet", ["T"]),
  ];
  for (const client of clients) await client.heartbeat({ consumers });
  for (const client of clients) assert.deepEqual(await client.news(), []);
  assert.equal(it.consumers.get("All")?.broadcasts, true);
  assert.equal(it.consumers.get("Quiet")?.broadcasts, false);
});

Deno.test("A connection that closes takes its member out of all its groups", async () => {
  await using it = await ConsumerSide.open();
  const [both, one] = [it.client("both"), it.client("one")];
  await both.heartbeat({ consumers: [consumerOf("G"), consumerOf("H")] });
  await one.heartbeat({ consumers: [consumerOf("H")] });
  await one.news();
  await both.leave();
  assert.equal(it.consumers.get("G"), undefined);
  assert.deepEqual(it.consumers.get("H")?.channels.map((it) => it.clientId), ["one"]);
  assert.deepEqual(await one.news(), [`${CHANGED} H`]);
});

Deno.test("A member that has left a group does not take it down later, when its connection closes", async () => {
  await using it = await ConsumerSide.open();
  const [old, young] = [it.client("old"), it.client("young")];
  await old.heartbeat({ consumers: [consumerOf("G")] });
  await old.ask("UNREGISTER_CLIENT", { header: { clientId: "old", consumerGroup: "G" } });
  await young.heartbeat({ consumers: [consumerOf("G")] });
  await young.news();
  await old.leave();
  assert.deepEqual(it.consumers.get("G")?.channels.map((it) => it.clientId), ["young"]);
  assert.deepEqual(await young.news(), []);
});

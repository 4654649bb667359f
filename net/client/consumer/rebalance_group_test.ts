import assert from "node:assert/strict";
import { BrokerFixture } from "../../../testdata/broker_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { sendFields } from "../../../testdata/message_path.ts";
import { NameServer } from "../../namesrv/namesrv.ts";
import { Cluster } from "../cluster.ts";
import type { ConsumerMember } from "../members.ts";
import { type Allocate, averagely, averagelyByCircle, consistentHash } from "./allocate.ts";
import { queueName } from "./queue_name.ts";
import { Rebalance } from "./rebalance.ts";
import { RemoteOffsets } from "./remote_offsets.ts";
import { startOffset } from "./start_offset.ts";
import { checkSubscription, subscriptionTo } from "./subscription.ts";

/** A name server and a broker with a topic. */
async function running(config: Record<string, unknown> = {}) {
  await using stack = new AsyncDisposableStack();
  const nameServer = stack.use(await NameServer.listen({ hostname: "127.0.0.1", port: 0 }));
  const broker = stack.use(
    await BrokerFixture.start({
      config: { defaultTopicQueueNums: 8, ...config, namesrvAddr: nameServer.peer },
    }),
  );
  for (let sent = 0; sent < 3; sent++) {
    const extFields = sendFields({ topic: "T", queueId: 1, defaultTopicQueueNums: 8 });
    const { code } = await broker.ask("SEND_MESSAGE_V2", { extFields, body: new Uint8Array(3) });
    assert.equal(code, 0);
  }
  const nameServers = nameServer.peer;
  const probe = stack.use(new Cluster({ nameServers }));
  await eventually(async () => await probe.routes.route("T") !== undefined);
  const owned = stack.move();
  return { broker, nameServers, probe, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A client that is a member of G and knows its queues. */
async function memberOf(nameServers: string, allocate: Allocate) {
  const cluster = new Cluster({ nameServers });
  const subscription = subscriptionTo("T", "*", { version: 1 });
  let own: readonly string[] = [];
  const member: ConsumerMember = {
    kind: "consumer",
    group: "G",
    topics: () => ["T"],
    consumerData: () => ({
      groupName: "G",
      consumeType: "CONSUME_PASSIVELY",
      messageModel: "CLUSTERING",
      consumeFromWhere: "CONSUME_FROM_FIRST_OFFSET",
      subscriptionDataSet: [subscription],
      unitMode: false,
    }),
    membersChanged: () => rebalance.membersChanged(),
    resetOffsets: () => {},
    consumerStatus: () => new Map(),
    runningInfo: () => new Uint8Array(),
    consumeDirectly: () => Promise.resolve(new Uint8Array()),
  };
  await cluster.join(member);
  const rebalance = new Rebalance(cluster, {
    group: "G",
    model: "clustering",
    allocate,
    topics: () => ["T"],
    intervalMinMs: 5,
    onQueues: (_, queues) => {
      own = queues.map(queueName);
    },
  });
  return {
    queues: () => own,
    async [Symbol.asyncDispose]() {
      await rebalance[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

Deno.test("members of a group share its queues, and take over from those that leave", async () => {
  await using it = await running();
  for (const allocate of [averagely(), averagelyByCircle(), consistentHash()]) {
    const members = await Promise.all(
      [1, 2, 3].map(() => memberOf(it.nameServers, allocate)),
    );
    const isShared = (rest: typeof members) => () => {
      const queues = rest.flatMap((member) => [...member.queues()]);
      return queues.length === 8 && new Set(queues).size === 8;
    };
    await eventually(isShared(members), `${allocate.name} of three`);
    // Code 40 of the broker wakes the others, long before 20 s are over.
    for (const left of [2, 1]) {
      await members.pop()![Symbol.asyncDispose]();
      await eventually(isShared(members), `${allocate.name} of ${left}`);
    }
    await members[0]![Symbol.asyncDispose]();
  }
});

Deno.test("a group goes on at a broker where it was, and elsewhere begins as it is told", async () => {
  await using it = await running();
  const { probe } = it;
  // A broker stores offsets of groups it has heard of only.
  await using _ = await memberOf(it.nameServers, averagely());
  const store = new RemoteOffsets(probe, "G");
  const queue = { topic: "T", brokerName: "broker-a", queueId: 1 };
  // A broker says of a queue whose begin it has in memory that every group was at it.
  for (const startFrom of ["first", "last"] as const) {
    assert.equal(await startOffset(probe, queue, { store, startFrom }), 0);
  }
  store.update(queue, 2);
  await store.persist([queue]);
  const other = new RemoteOffsets(probe, "G");
  await eventually(async () => await other.read(queue) === 2);
  assert.equal(await startOffset(probe, queue, { store: other, startFrom: "last" }), 2);
  await other.commit(queue, 3);
  assert.equal(await new RemoteOffsets(probe, "G").read(queue), 3);
});

Deno.test("checkSubscription() knows what a broker can filter", async () => {
  const condition = subscriptionTo("T", { sql: "a > 1" }, { version: 1 });
  const broken = subscriptionTo("T", { sql: "a > " }, { version: 1 });
  {
    await using it = await running({ enablePropertyFilter: true });
    await checkSubscription(it.probe, condition, { group: "G" });
    await assert.rejects(checkSubscription(it.probe, broken, { group: "G" }), {
      kind: "refused",
      code: "SUBSCRIPTION_PARSE_FAILED",
    });
  }
  await using it = await running({ enablePropertyFilter: false });
  await assert.rejects(checkSubscription(it.probe, condition, { group: "G" }), {
    kind: "refused",
    message: /^Cannot subscribe to topic "T" with SQL92 expression "a > 1": .*does not support/,
  });
});

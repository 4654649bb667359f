import assert from "node:assert/strict";
import { BILLING, numbered, send } from "../../../testdata/billing.ts";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { parseRunningInfo, RUNNING_PROPERTY } from "../../wire/running_info.ts";
import type { Consumer } from "./consumer.ts";
import { queueName } from "./queue_name.ts";

function queuesOf(consumers: readonly Consumer[], topic = "T"): string[] {
  return consumers.flatMap((it) => it.queues).filter((it) => it.topic === topic).map(queueName);
}

/** Every queue has one member. */
function isSettled(consumers: readonly Consumer[], queues: number): boolean {
  const names = queuesOf(consumers);
  return names.length === queues && new Set(names).size === queues &&
    consumers.every((it) => queuesOf([it]).length > 0);
}

Deno.test("Members of a group share the queues; no message is lost as they come and go", async () => {
  await using it = await ClusterFixture.start({ brokers: 2, config: { defaultTopicQueueNums: 4 } });
  const seen: string[] = [];
  const start = (): Consumer => {
    const consumer = it.connect().consumer(BILLING);
    void consumer.run((message) => void seen.push(message.text()));
    return consumer;
  };
  await using one = start();
  let sent = 0;
  const more = async () => {
    await send(it.client, numbered(16, sent));
    sent += 16;
  };
  await more();
  const two = start();
  const three = start();
  await more();
  await eventually(() => isSettled([one, two, three], 8), "three share the queues");
  await eventually(() => new Set(seen).size === sent, "all were seen");
  // Settled: nothing comes twice.
  const before = seen.length;
  await more();
  await eventually(() => seen.length >= before + 16);
  assert.deepEqual(seen.slice(before).toSorted(), numbered(16, sent - 16).toSorted());
  const closing = two[Symbol.asyncDispose]();
  await more();
  await closing;
  await three[Symbol.asyncDispose]();
  await more();
  await eventually(() => isSettled([one], 8), "one has them all");
  await eventually(() => new Set(seen).size === sent, "all were seen");
});

for (const useServerSideResetOffset of [false, true]) {
  const who = useServerSideResetOffset ? "the broker moves" : "members are told";
  Deno.test(`A group is set back while it consumes: ${who}`, async () => {
    const config = { defaultTopicQueueNums: 1, useServerSideResetOffset };
    await using it = await ClusterFixture.start({ config });
    await send(it.client, numbered(6));
    await using consumer = it.client.consumer(BILLING);
    const seen: string[] = [];
    void consumer.run((message) => void seen.push(message.text()));
    await eventually(() => seen.length === 6);
    const [broker] = it.brokers;
    const header = {
      topic: "T",
      group: "billing",
      timestamp: 0,
      isForce: true,
      queueId: 0,
      offset: 2,
    };
    const answer = await broker!.ask("INVOKE_BROKER_TO_RESET_OFFSET", { header });
    assert.equal(answer.code, 0, answer.remark);
    await send(it.client, ["m6"]);
    await eventually(() => seen.length === 11);
    assert.deepEqual(seen.slice(6), numbered(5, 2));
  });
}

Deno.test("A reset while messages are at work: they count for nothing, and nothing older comes", async () => {
  const config = { defaultTopicQueueNums: 1, useServerSideResetOffset: false };
  await using it = await ClusterFixture.start({ config });
  await send(it.client, numbered(6));
  await using consumer = it.client.consumer(BILLING);
  const seen: number[] = [];
  const goOn = Promise.withResolvers<void>();
  void consumer.run((message) => {
    seen.push(message.queueOffset);
    return message.queueOffset === 0 ? goOn.promise : undefined;
  }, { concurrency: 1 });
  await eventually(() => seen.length === 1);
  const [broker] = it.brokers;
  const header = {
    topic: "T",
    group: "billing",
    timestamp: 0,
    isForce: true,
    queueId: 0,
    offset: 4,
  };
  await broker!.ask("INVOKE_BROKER_TO_RESET_OFFSET", { header });
  const offset = async () => {
    const header = {
      consumerGroup: "billing",
      topic: "T",
      queueId: 0,
      setZeroIfNotFound: undefined,
    };
    const { extFields } = await broker!.ask("QUERY_CONSUMER_OFFSET", { header });
    return extFields?.["offset"];
  };
  await eventually(async () => await offset() === "4");
  await send(it.client, ["m6"]);
  goOn.resolve();
  await eventually(() => seen.at(-1) === 6);
  await consumer[Symbol.asyncDispose]();
  const after = seen.slice(seen.indexOf(4));
  assert.deepEqual(after, [4, 5, 6]);
  assert.equal(await offset(), "7");
});

Deno.test("Consumers go on when their broker has been away", async () => {
  for (const ordered of [false, true]) {
    await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 2 } });
    await send(it.client, numbered(4));
    await using consumer = it.client.consumer({ ...BILLING, ordered, commitMs: 20 });
    const seen: string[] = [];
    void consumer.run((message) => void seen.push(message.text()));
    await eventually(() => seen.length === 4);
    await it.stopBroker(0);
    const broker = await it.startBroker(0);
    await send(it.connect(), numbered(4, 4));
    await eventually(() => new Set(seen).size === 8);
    const answer = await broker.ask("GET_CONSUMER_CONNECTION_LIST", {
      header: { consumerGroup: "billing" },
    });
    assert.equal(answer.code, 0);
  }
});

Deno.test("A consumer tells a broker how it is", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 2 } });
  await send(it.client, numbered(4));
  await using consumer = it.client.consumer({ ...BILLING, ordered: true, attemptsMax: 5 });
  const goOn = Promise.withResolvers<void>();
  let count = 0;
  void consumer.run(() => {
    count++;
    return goOn.promise;
  });
  await eventually(() => count === 2);
  const answer = await it.brokers[0]!.ask("GET_CONSUMER_RUNNING_INFO", {
    header: { consumerGroup: "billing", clientId: it.client.clientId, jstackEnable: undefined },
  });
  const info = parseRunningInfo(answer.body);
  const property = (name: keyof typeof RUNNING_PROPERTY) =>
    info.properties.get(RUNNING_PROPERTY[name]);
  assert.equal(property("nameServers"), it.nameServer.peer);
  assert.equal(property("ordered"), "true");
  assert.equal(property("consumeType"), "CONSUME_PASSIVELY");
  assert.equal(info.properties.get("maxReconsumeTimes"), "4");
  assert.deepEqual(info.subscriptionSet.map((it) => it.topic).sort(), ["%RETRY%billing", "T"]);
  const queues = [...info.mqTable].filter(([queue]) => queue.topic === "T");
  assert.equal(queues.length, 2);
  for (const [, state] of queues) {
    assert.equal(state.cachedMsgCount, 2);
    assert.equal(state.transactionMsgCount, 1);
    assert.equal(state.locked, true);
    assert.ok(state.lastLockTimestamp > 0 && state.lastPullTimestamp > 0);
  }
  assert.ok(info.statusTable.get("T")!.pullTPS > 0);
  goOn.resolve();
});

Deno.test("A consumer deals with a message out of turn", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 1 } });
  await using producer = it.client.producer({ group: "shop" });
  const { offsetMessageId } = await producer.send({ topic: "T", body: "one" });
  await using consumer = it.client.consumer(BILLING);
  const header = {
    consumerGroup: "billing",
    clientId: it.client.clientId,
    msgId: offsetMessageId,
    brokerName: "broker-a",
    topic: undefined,
    topicSysFlag: undefined,
    groupSysFlag: undefined,
  };
  const consume = async () => {
    const { body } = await it.brokers[0]!.ask("CONSUME_MESSAGE_DIRECTLY", { header });
    const { consumeResult, remark } = JSON.parse(new TextDecoder().decode(body));
    return [consumeResult, remark];
  };
  const deals = ["is fine", "comes again", "throws"];
  let deal = "";
  let count = 0;
  const stop = new AbortController();
  const running = consumer.run((message) => {
    count++;
    assert.equal(message.text(), "one");
    if (deal === "comes again") message.retry();
    if (deal === "throws") throw new Error("no use");
  }, { signal: stop.signal });
  await eventually(() => count === 1);
  const outcomes = [];
  for (deal of deals) outcomes.push(await consume());
  assert.deepEqual(outcomes, [
    ["CR_SUCCESS", undefined],
    ["CR_LATER", undefined],
    ["CR_THROW_EXCEPTION", "Error: no use"],
  ]);
  stop.abort();
  await running;
  assert.deepEqual(await consume(), ["CR_RETURN_NULL", "the consumer has no handler now"]);
  assert.equal(count, 4);
});

import assert from "node:assert/strict";
import { subscriptionTo } from "../../testdata/consumer_side.ts";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { messagesOf, pullFields, sendFields, START } from "../../testdata/message_path.ts";
import { turn } from "../../testdata/scripted_socket.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import type { Call, Reply } from "../rpc/call.ts";
import type { RpcClient } from "../rpc/client.ts";
import { type Family, routesOf } from "../rpc/routes.ts";
import type { RemotingCommand } from "../wire/command.ts";
import { encodeFrame } from "../wire/frame.ts";
import { connect } from "../rpc/socket.ts";
import { request } from "../wire/command.ts";
import type { HeaderOf } from "../wire/headers.ts";
import { formatHeartbeat } from "../wire/heartbeat.ts";
import { parseResetOffsets } from "../wire/offset_tables.ts";

const TIME = { timeoutMs: 10_000 };
const WITH_MEMBERS = { config: { useServerSideResetOffset: false } };

/** A broker with topic T of two queues and group G, on a clock the test moves. */
async function setUp({ config = {} } = {}) {
  const clock = { time: START };
  const it = await BrokerFixture.start({ now: () => clock.time, config });
  const topic = {
    topic: "T",
    defaultTopic: "TBW102",
    readQueueNums: 2,
    writeQueueNums: 2,
    perm: 6,
    topicFilterType: "SINGLE_TAG",
    order: false,
  };
  await it.ask("UPDATE_AND_CREATE_TOPIC", { header: topic });
  await it.ask("UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", {
    body: new TextEncoder().encode('{"groupName":"G"}'),
  });
  /** A member of G that serves `family`. */
  const member = async (clientId: string, family: Family): Promise<RpcClient> => {
    const client = it.connect({ routes: routesOf([family]) });
    const body = heartbeat(clientId);
    await client.invoke(it.peer, { name: "HEART_BEAT", body }, TIME);
    return client;
  };
  /** Puts a message into queue 0, a second after the one before; its id. */
  const send = async (body: string): Promise<string> => {
    const bytes = new TextEncoder().encode(body);
    const answer = await it.ask("SEND_MESSAGE_V2", { extFields: sendFields(), body: bytes });
    clock.time += 1000;
    return answer.extFields?.["msgId"] ?? assert.fail(answer.remark ?? "no id");
  };
  const commit = (queueId: number, commitOffset: number) =>
    it.ask("UPDATE_CONSUMER_OFFSET", {
      header: { consumerGroup: "G", topic: "T", queueId, commitOffset },
    });
  const committed = async (queueId = 0) => {
    const header = { consumerGroup: "G", topic: "T", queueId };
    return (await it.ask("QUERY_CONSUMER_OFFSET", { header })).extFields?.["offset"];
  };
  const reset = (changes: Partial<HeaderOf<"INVOKE_BROKER_TO_RESET_OFFSET">> = {}) =>
    it.ask("INVOKE_BROKER_TO_RESET_OFFSET", {
      header: { topic: "T", group: "G", timestamp: START, isForce: true, ...changes },
    });
  const dispose = () => it[Symbol.asyncDispose]();
  return { it, clock, member, send, commit, committed, reset, [Symbol.asyncDispose]: dispose };
}

function heartbeat(clientID: string): Uint8Array {
  const subscription = subscriptionTo("T");
  const consumer = {
    groupName: "G",
    consumeType: "CONSUME_PASSIVELY",
    messageModel: "CLUSTERING",
    consumeFromWhere: "CONSUME_FROM_LAST_OFFSET",
    unitMode: false,
    subscriptionDataSet: [subscription],
  };
  return formatHeartbeat({ clientID, producerGroups: [], consumers: [consumer] });
}

function said({ code, remark }: RemotingCommand): readonly [number, string | undefined] {
  return [code, remark];
}

/** Offsets of an answer by queue id. */
function offsetsOf(body: Uint8Array | undefined): number[][] {
  return Array.from(parseResetOffsets(body), ([{ queueId }, offset]) => [queueId, offset]);
}

Deno.test("GET_CONSUMER_RUNNING_INFO brings what the client says, fields, body and all", async () => {
  await using it = await setUp();
  const seen: Record<string, string>[] = [];
  await it.member("client@1", {
    GET_CONSUMER_RUNNING_INFO(call) {
      seen.push({ ...call.command.extFields });
      return { body: new TextEncoder().encode('{"jstack":"x"}'), remark: "as it is" };
    },
  });
  const header = { consumerGroup: "G", clientId: "client@1", jstackEnable: true };
  const answer = await it.it.ask("GET_CONSUMER_RUNNING_INFO", { header });
  assert.deepEqual(said(answer), [0, "as it is"]);
  assert.equal(new TextDecoder().decode(answer.body), '{"jstack":"x"}');
  assert.deepEqual(seen, [{ consumerGroup: "G", clientId: "client@1", jstackEnable: "true" }]);
});

Deno.test("GET_CONSUMER_RUNNING_INFO passes on what the client refuses", async () => {
  await using it = await setUp();
  await it.member("client@1", {
    GET_CONSUMER_RUNNING_INFO: () => ({ code: "SYSTEM_ERROR", remark: "not now" }),
  });
  const header = { consumerGroup: "G", clientId: "client@1", jstackEnable: false };
  assert.deepEqual(said(await it.it.ask("GET_CONSUMER_RUNNING_INFO", { header })), [1, "not now"]);
});

Deno.test("GET_CONSUMER_RUNNING_INFO of a client that is not there says so in Java's words", async () => {
  await using it = await setUp();
  const header = { consumerGroup: "G", clientId: "client@9", jstackEnable: false };
  const remark = "The Consumer <G> <client@9> not online";
  assert.deepEqual(said(await it.it.ask("GET_CONSUMER_RUNNING_INFO", { header })), [1, remark]);
  await it.member("client@1", {});
  assert.deepEqual(said(await it.it.ask("GET_CONSUMER_RUNNING_INFO", { header })), [1, remark]);
});

Deno.test("GET_CONSUMER_RUNNING_INFO of a client that leaves meanwhile is answered", async () => {
  await using it = await setUp();
  const asked = Promise.withResolvers<void>();
  const leaving = await it.member("client@1", {
    GET_CONSUMER_RUNNING_INFO: () => {
      asked.resolve();
      return new Promise<Reply>(() => {});
    },
  });
  const header = { consumerGroup: "G", clientId: "client@1", jstackEnable: false };
  const answer = it.it.ask("GET_CONSUMER_RUNNING_INFO", { header });
  await asked.promise;
  for (const connection of leaving.connections) connection.close();
  const { code, remark } = await answer;
  assert.equal(code, 1);
  assert.match(remark ?? "", /^invoke consumer <G> <client@1> Exception: /);
});

Deno.test("clients older than the request are told to be upgraded", async () => {
  await using it = await setUp(WITH_MEMBERS);
  const { hostname, port } = it.it.broker.address;
  const old = await connect({ hostname, port }, { timeoutMs: 5000 });
  try {
    const command = request("HEART_BEAT", { opaque: 1, body: heartbeat("old@1") });
    command.version = 20;
    await old.write(encodeFrame(command));
    await old.read(new Uint8Array(1000));
    const header = { consumerGroup: "G", clientId: "old@1", jstackEnable: false };
    const answer = await it.it.ask("GET_CONSUMER_RUNNING_INFO", { header });
    assert.equal(answer.code, 1);
    assert.match(answer.remark ?? "", /^The Consumer <old@1> Version <V\d.*> too low to finish/);
    await it.send("m");
    const reset = await it.reset();
    assert.equal(reset.code, 1);
    assert.match(reset.remark ?? "", /^the client does not support this feature\. version=V/);
  } finally {
    old.close();
  }
});

Deno.test("CONSUME_MESSAGE_DIRECTLY hands the client the message with fields of topic and group", async () => {
  await using it = await setUp();
  await it.send("one");
  const msgId = await it.send("two");
  const calls: Call<HeaderOf<"CONSUME_MESSAGE_DIRECTLY">>[] = [];
  const bodies: string[] = [];
  await it.member("client@1", {
    CONSUME_MESSAGE_DIRECTLY(call) {
      calls.push(call);
      bodies.push(...messagesOf(call.body).map((it) => new TextDecoder().decode(it.body)));
      return { body: new TextEncoder().encode('{"consumeResult":"CR_SUCCESS"}') };
    },
  });
  const header = { consumerGroup: "G", clientId: "client@1", msgId, topic: "T" };
  const answer = await it.it.ask("CONSUME_MESSAGE_DIRECTLY", { header });
  assert.equal(answer.code, 0);
  assert.equal(new TextDecoder().decode(answer.body), '{"consumeResult":"CR_SUCCESS"}');
  assert.deepEqual(bodies, ["two"]);
  // The names that Java's broker was seen to send.
  assert.deepEqual(calls[0]?.command.extFields, {
    consumerGroup: "G",
    clientId: "client@1",
    msgId,
    topic: "T",
    brokerName: "broker-a",
    topicSysFlag: "0",
    groupSysFlag: "0",
  });
});

Deno.test("CONSUME_MESSAGE_DIRECTLY of an id that leads nowhere says so", async () => {
  await using it = await setUp();
  await it.member("client@1", { CONSUME_MESSAGE_DIRECTLY: () => assert.fail("it was asked") });
  await it.send("one");
  for (const msgId of ["", "xyz", `7F0000010000${"0".repeat(4)}7FFFFFFFFFFFFFFF`]) {
    const header = { consumerGroup: "G", clientId: "client@1", msgId, topic: "T" };
    const answer = await it.it.ask("CONSUME_MESSAGE_DIRECTLY", { header });
    assert.deepEqual(said(answer), [1, `can not find message by the id, ${msgId}`]);
  }
});

Deno.test("INVOKE_BROKER_TO_RESET_OFFSET sets the offsets of a group without members", async () => {
  await using it = await setUp();
  for (const body of ["a", "b", "c", "d"]) await it.send(body);
  const answer = await it.reset({ timestamp: START + 2000 });
  assert.equal(answer.code, 0);
  assert.deepEqual(offsetsOf(answer.body), [[0, 2], [1, 0]]);
  assert.deepEqual([await it.committed(0), await it.committed(1)], ["2", "0"]);
  assert.deepEqual(offsetsOf((await it.reset({ timestamp: -1 })).body), [[0, 4], [1, 0]]);
  assert.deepEqual(offsetsOf((await it.reset({ timestamp: 0 })).body), [[0, 0], [1, 0]]);
  assert.deepEqual(offsetsOf((await it.reset({ timestamp: START + 1500 })).body), [[0, 2], [1, 0]]);
});

Deno.test("INVOKE_BROKER_TO_RESET_OFFSET leads the next pull of a queue, and commits until then are of no account", async () => {
  await using it = await setUp();
  for (const body of ["a", "b", "c", "d"]) await it.send(body);
  await it.commit(0, 1);
  await it.reset({ timestamp: START + 2000, isForce: false });
  const late = await it.commit(0, 1);
  assert.deepEqual(said(late), [0, "Offset has been previously reset"]);
  assert.equal(await it.committed(), "2");
  const pull = (queueId: number, more: Record<string, string> = {}) => {
    const extFields = { ...pullFields({ group: "G", queueId, queueOffset: 1 }), ...more };
    return it.it.ask("PULL_MESSAGE", { extFields });
  };
  // A pull may commit, too: what it brings is of before.
  const led = await pull(0, { sysFlag: "5", commitOffset: "1" });
  assert.deepEqual(said(led), [21, "OFFSET_RESET"]);
  const { nextBeginOffset, minOffset, maxOffset } = led.extFields!;
  assert.deepEqual([nextBeginOffset, minOffset, maxOffset], ["2", "0", "4"]);
  assert.equal(await it.committed(), "2");
  const after = await pull(0);
  assert.deepEqual(said(after), [0, "FOUND"]);
  await it.commit(0, 4);
  assert.equal(await it.committed(), "4");
  // Other queues and groups have their own.
  assert.deepEqual(said(await pull(1)), [21, "OFFSET_RESET"]);
  assert.equal((await pull(1)).remark, "NO_MESSAGE_IN_QUEUE");
});

Deno.test("INVOKE_BROKER_TO_RESET_OFFSET does not lead who began there", async () => {
  await using it = await setUp();
  for (const body of ["a", "b", "c", "d"]) await it.send(body);
  const pull = async (queueOffset: number, more: Record<string, string> = {}) => {
    const extFields = { ...pullFields({ group: "G", queueId: 0, queueOffset }), ...more };
    return said(await it.it.ask("PULL_MESSAGE", { extFields }));
  };
  const back = () => it.reset({ timestamp: START + 2000 });
  await back();
  assert.deepEqual(await pull(2, { sysFlag: "5", commitOffset: "2" }), [0, "FOUND"]);
  // It is over with that: nothing is left to be told.
  assert.deepEqual(await pull(1), [0, "FOUND"]);
  // Who pulls there from before and is not done with what it pulled would commit that.
  await back();
  assert.deepEqual(await pull(2, { sysFlag: "5", commitOffset: "1" }), [21, "OFFSET_RESET"]);
  // What it does not say that it committed says nothing.
  await back();
  assert.deepEqual(await pull(2, { sysFlag: "4", commitOffset: "2" }), [21, "OFFSET_RESET"]);
  await back();
  assert.deepEqual(await pull(3, { sysFlag: "5", commitOffset: "2" }), [21, "OFFSET_RESET"]);
  // There is nothing before the first; one that starts there has nothing to commit.
  await it.reset({ timestamp: 0 });
  assert.deepEqual(await pull(0, { sysFlag: "4", commitOffset: "0" }), [0, "FOUND"]);
});

Deno.test("INVOKE_BROKER_TO_RESET_OFFSET survives a restart as the committed offset", async () => {
  await using it = await setUp();
  for (const body of ["a", "b"]) await it.send(body);
  await it.reset({ timestamp: START + 1000 });
  await it.it[Symbol.asyncDispose]();
  await using again = await BrokerFixture.start({ fs: it.it.fs });
  const header = { consumerGroup: "G", topic: "T", queueId: 0 };
  assert.equal((await again.ask("QUERY_CONSUMER_OFFSET", { header })).extFields?.offset, "1");
  const commit = { ...header, commitOffset: 0 };
  assert.equal((await again.ask("UPDATE_CONSUMER_OFFSET", { header: commit })).remark, undefined);
});

Deno.test("without useServerSideResetOffset a reset goes forward only when it is forced", async () => {
  await using it = await setUp(WITH_MEMBERS);
  for (const body of ["a", "b", "c", "d"]) await it.send(body);
  await it.commit(0, 1);
  const forward = await it.reset({ timestamp: START + 3000, isForce: false });
  assert.deepEqual(offsetsOf(forward.body), [[0, 1], [1, 0]]);
  const back = await it.reset({ timestamp: 0, isForce: false });
  assert.deepEqual(offsetsOf(back.body), [[0, 0], [1, 0]]);
  assert.equal(await it.committed(), "0");
  await it.reset({ timestamp: START + 3000 });
  assert.equal(await it.committed(), "3");
});

Deno.test("INVOKE_BROKER_TO_RESET_OFFSET of one queue sets that one, to an offset if one is given", async () => {
  await using it = await setUp();
  for (const body of ["a", "b", "c"]) await it.send(body);
  assert.deepEqual(offsetsOf((await it.reset({ queueId: 1, timestamp: -1 })).body), [[1, 0]]);
  const given = await it.reset({ queueId: 0, offset: 1 });
  assert.deepEqual(offsetsOf(given.body), [[0, 1]]);
  assert.equal(await it.committed(), "1");
  const beyond = await it.reset({ queueId: 0, offset: 4 });
  const remark = "Target offset 4 not in consume queue range [0-3]";
  assert.deepEqual(said(beyond), [1, remark]);
  assert.equal(await it.committed(), "1");
});

Deno.test("INVOKE_BROKER_TO_RESET_OFFSET refuses topics and groups that are not there", async () => {
  await using it = await setUp();
  assert.equal((await it.reset({ topic: "NoSuch" })).code, 17);
  assert.equal((await it.reset({ group: "NoSuch" })).code, 26);
});

Deno.test("without useServerSideResetOffset a reset tells the members that are online", async () => {
  await using it = await setUp(WITH_MEMBERS);
  for (const body of ["a", "b"]) await it.send(body);
  const told: { header: unknown; offsets: number[][] }[] = [];
  const heard = Promise.withResolvers<void>();
  await it.member("client@1", {
    RESET_CONSUMER_CLIENT_OFFSET({ header, body }) {
      told.push({ header, offsets: offsetsOf(body) });
      heard.resolve();
      return {};
    },
  });
  const answer = await it.reset({ timestamp: 0 });
  await heard.promise;
  assert.deepEqual(told, [{
    header: { topic: "T", group: "G", timestamp: 0, isForce: true },
    offsets: offsetsOf(answer.body),
  }]);
});

Deno.test("INVOKE_BROKER_TO_GET_CONSUMER_STATUS asks every member, and leaves out who fails", async () => {
  await using it = await setUp();
  const status = (offset: number) => ({
    body: new TextEncoder().encode(
      `{"messageQueueTable":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:${offset}}}`,
    ),
  });
  await it.member("client@1", { GET_CONSUMER_STATUS_FROM_CLIENT: () => status(5) });
  await it.member("client@2", { GET_CONSUMER_STATUS_FROM_CLIENT: () => status(7) });
  await it.member("client@3", {});
  await it.member("client@4", {
    GET_CONSUMER_STATUS_FROM_CLIENT: () => ({ body: new TextEncoder().encode("{{") }),
  });
  const ask = async (clientAddr?: string) => {
    const header = { topic: "T", group: "G", ...(clientAddr && { clientAddr }) };
    const answer = await it.it.ask("INVOKE_BROKER_TO_GET_CONSUMER_STATUS", { header });
    assert.equal(answer.code, 0, answer.remark);
    const { consumerTable } = parseFastJson(new TextDecoder().decode(answer.body)) as {
      consumerTable: Record<string, Record<string, number>>;
    };
    return Object.entries(consumerTable).map(([id, queues]) => [id, ...Object.values(queues)]);
  };
  assert.deepEqual((await ask()).sort(), [["client@1", 5], ["client@2", 7]]);
  assert.deepEqual(await ask("client@2"), [["client@2", 7]]);
  assert.deepEqual(await ask("client@9"), []);
});

Deno.test("INVOKE_BROKER_TO_GET_CONSUMER_STATUS of a group without members is refused", async () => {
  await using it = await setUp();
  const header = { topic: "T", group: "G" };
  const answer = await it.it.ask("INVOKE_BROKER_TO_GET_CONSUMER_STATUS", { header });
  assert.deepEqual(said(answer), [1, "No Any Consumer online in the consumer group: [G]"]);
  const leaving = await it.member("client@1", {});
  await leaving[Symbol.asyncDispose]();
  while (
    (await it.it.ask("GET_CONSUMER_CONNECTION_LIST", { header: { consumerGroup: "G" } })).code === 0
  ) {
    await turn();
  }
  assert.equal((await it.it.ask("INVOKE_BROKER_TO_GET_CONSUMER_STATUS", { header })).code, 1);
});

import assert from "node:assert/strict";
import { parseProperties } from "../../store/properties.ts";
import { ManualClock } from "../../testdata/manual_clock.ts";
import {
  MessagePath,
  type MessagePathOptions,
  messagesOf,
  type Pulled,
  pullFields,
  sendFields,
  START,
} from "../../testdata/message_path.ts";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { consumerOf, ConsumerSide, subscriptionTo } from "../../testdata/consumer_side.ts";
import { turn } from "../../testdata/scripted_socket.ts";
import { RpcClient } from "../rpc/client.ts";
import { routesOf } from "../rpc/routes.ts";
import { Server } from "../rpc/server.ts";
import { type RemotingCommand, request } from "../wire/command.ts";
import { encodeFrame } from "../wire/frame.ts";
import { PULL_FLAG } from "../wire/pull_flag.ts";
import { newTopic } from "./topic_table.ts";

const BODY = new TextEncoder().encode("hello");
const TIME = { timeoutMs: 30_000 };
const WAITING: Pulled = { sysFlag: PULL_FLAG.SUSPEND, suspendMs: 5000 };

/** A path behind a port, a client, and a clock that stands still. */
async function setUp(options: MessagePathOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const clock = new ManualClock(START);
  const path = stack.use(await MessagePath.open({ ...clock, ...options }));
  path.topics.put(newTopic("T", { queues: 4 }));
  const server = stack.use(
    await Server.listen({ hostname: "127.0.0.1", port: 0 }, {
      routes: routesOf(path.families),
      stopTimeoutMs: 50,
      onClose: (connection) => path.hold.connectionClosed(connection),
    }),
  );
  const client = stack.use(new RpcClient());
  const pull = (pulled: Pulled = {}): Promise<RemotingCommand> =>
    client.invoke(server.peer, { name: "PULL_MESSAGE", extFields: pullFields(pulled) }, TIME);
  const send = (tag = "TagA", queueId = 0): Promise<RemotingCommand> => {
    const extFields = sendFields({ queueId, properties: { UNIQ_KEY: "0A", TAGS: tag } });
    return client.invoke(server.peer, { name: "SEND_MESSAGE_V2", extFields, body: BODY }, TIME);
  };
  const held = async (count: number) => {
    while (path.hold.size !== count) await turn();
  };
  const moved = stack.move();
  const dispose = () => moved.disposeAsync();
  return { clock, path, server, client, pull, send, held, [Symbol.asyncDispose]: dispose };
}

function tagsOf(answer: RemotingCommand): (string | undefined)[] {
  return messagesOf(answer.body).map(({ properties }) => parseProperties(properties).get("TAGS"));
}

function offsetsOf(answer: RemotingCommand): string {
  const { nextBeginOffset, minOffset, maxOffset } = answer.extFields ?? {};
  return `${nextBeginOffset} of ${minOffset}..${maxOffset}`;
}

Deno.test("PULL_MESSAGE brings messages and says where to go on", async () => {
  await using it = await setUp();
  for (let at = 0; at < 3; at++) await it.send();
  const answer = await it.pull({ count: 2 });
  assert.equal(answer.code, 0);
  assert.equal(answer.remark, "FOUND");
  assert.deepEqual(answer.extFields, {
    suggestWhichBrokerId: "0",
    nextBeginOffset: "2",
    minOffset: "0",
    maxOffset: "3",
    topicSysFlag: "0",
    groupSysFlag: "0",
  });
  assert.deepEqual(messagesOf(answer.body).map((it) => it.queueOffset), [0, 1]);
  assert.equal(offsetsOf(await it.pull({ queueOffset: 2 })), "3 of 0..3");
});

Deno.test("LITE_PULL_MESSAGE does the same", async () => {
  await using it = await setUp();
  await it.send();
  const asked = { name: "LITE_PULL_MESSAGE", extFields: pullFields() } as const;
  const answer = await it.client.invoke(it.server.peer, asked, TIME);
  assert.equal(messagesOf(answer.body).length, 1);
});

Deno.test("PULL_MESSAGE answers every place of a queue as Java does", async () => {
  await using it = await setUp();
  const answers = async (pulled: Pulled) => {
    const answer = await it.pull(pulled);
    return [answer.code, answer.remark, offsetsOf(answer)];
  };
  assert.deepEqual(await answers({}), [19, "NO_MESSAGE_IN_QUEUE", "0 of 0..0"]);
  assert.deepEqual(await answers({ queueOffset: 5 }), [21, "NO_MESSAGE_IN_QUEUE", "0 of 0..0"]);
  for (let at = 0; at < 3; at++) await it.send();
  assert.deepEqual(await answers({ queueOffset: 3 }), [19, "OFFSET_OVERFLOW_ONE", "3 of 0..3"]);
  assert.deepEqual(await answers({ queueOffset: 9 }), [21, "OFFSET_OVERFLOW_BADLY", "3 of 0..3"]);
  assert.deepEqual(await answers({ queueOffset: -1 }), [21, "OFFSET_TOO_SMALL", "0 of 0..3"]);
  const unwanted = { subscription: "TagX" };
  assert.deepEqual(await answers(unwanted), [20, "NO_MATCHED_MESSAGE", "3 of 0..3"]);
});

/** Sends messages with these numbers as a property, to the queue that is pulled. */
async function sendNumbers(it: Awaited<ReturnType<typeof setUp>>, ...numbers: number[]) {
  for (const a of numbers) {
    const extFields = sendFields({ properties: { UNIQ_KEY: "0A", a: String(a) } });
    const asked = { name: "SEND_MESSAGE_V2", extFields, body: BODY } as const;
    assert.equal((await it.client.invoke(it.server.peer, asked, TIME)).code, 0);
  }
}

const SQL: Pulled = { expressionType: "SQL92", subscription: "a > 5" };
const SQL_SERVED = { config: { enablePropertyFilter: true } };

function numbersOf(answer: RemotingCommand): number[] {
  return messagesOf(answer.body).map(({ properties }) =>
    Number(parseProperties(properties).get("a"))
  );
}

Deno.test("PULL_MESSAGE brings what an expression wants, and passes by the rest", async () => {
  await using it = await setUp(SQL_SERVED);
  await sendNumbers(it, 9, 1, 7, 5, 6, 2);
  const answer = await it.pull(SQL);
  assert.deepEqual(numbersOf(answer), [9, 7, 6]);
  assert.equal(offsetsOf(answer), "6 of 0..6");
  const two = await it.pull({ ...SQL, count: 2 });
  assert.deepEqual([numbersOf(two), offsetsOf(two)], [[9, 7], "3 of 0..6"]);
  const none = await it.pull({ ...SQL, subscription: "a > 50" });
  assert.deepEqual([none.code, none.remark, offsetsOf(none)], [
    20,
    "NO_MATCHED_MESSAGE",
    "6 of 0..6",
  ]);
});

Deno.test("PULL_MESSAGE goes by the expression of the heartbeat where none comes along", async () => {
  await using it = await ConsumerSide.open(SQL_SERVED);
  it.createTopics("T");
  const client = it.client();
  for (const a of ["9", "1", "6"]) {
    const extFields = sendFields({ properties: { UNIQ_KEY: "0A", a } });
    await client.ask("SEND_MESSAGE_V2", { extFields, body: BODY });
  }
  const sql = { expressionType: "SQL92", subString: "a > 5" };
  await client.heartbeat({ consumers: [consumerOf("G", [subscriptionTo("T", sql)])] });
  const extFields = pullFields({ subscription: undefined, subVersion: 1 });
  assert.deepEqual(numbersOf(await client.ask("PULL_MESSAGE", { extFields })), [9, 6]);
});

Deno.test("PULL_MESSAGE waits for a message that its expression wants, and no other wakes it", async () => {
  await using it = await setUp(SQL_SERVED);
  const waiting = it.pull({ ...SQL, ...WAITING });
  await it.held(1);
  await sendNumbers(it, 1, 2);
  for (let times = 0; times < 5; times++) await turn();
  assert.equal(it.path.hold.size, 1);
  await sendNumbers(it, 6);
  const answer = await waiting;
  assert.deepEqual([numbersOf(answer), offsetsOf(answer)], [[6], "3 of 0..3"]);
});

Deno.test("PULL_MESSAGE that waited in vain for what it wants is led behind what it does not", async () => {
  await using it = await setUp(SQL_SERVED);
  const waiting = it.pull({ ...SQL, ...WAITING });
  await it.held(1);
  await sendNumbers(it, 1, 2);
  it.clock.advance(5016);
  const answer = await waiting;
  assert.deepEqual([answer.code, answer.remark, offsetsOf(answer)], [
    20,
    "NO_MATCHED_MESSAGE",
    "2 of 0..2",
  ]);
});

Deno.test("PULL_MESSAGE of messages that come again goes by the expression where that is on", async () => {
  for (const filterSupportRetry of [true, false]) {
    await using it = await setUp({ config: { enablePropertyFilter: true, filterSupportRetry } });
    it.path.topics.put(newTopic("%RETRY%G", { queues: 1 }));
    const sql = { expressionType: "SQL92", subString: "a > 5" };
    it.path.filters.register("G", [subscriptionTo("T", sql)]);
    for (const a of ["9", "1"]) {
      const properties = { UNIQ_KEY: "0A", RETRY_TOPIC: "T", a };
      const extFields = sendFields({ topic: "%RETRY%G", properties });
      const asked = { name: "SEND_MESSAGE_V2", extFields, body: BODY } as const;
      assert.equal((await it.client.invoke(it.server.peer, asked, TIME)).code, 0);
    }
    const answer = await it.pull({ topic: "%RETRY%G" });
    assert.deepEqual(numbersOf(answer), filterSupportRetry ? [9] : [9, 1]);
  }
});

Deno.test("PULL_MESSAGE brings the wanted tags only and passes by the others", async () => {
  await using it = await setUp();
  const tags = ["TagA", "TagB", "", "TagA", "TagC", "TagB"];
  for (const tag of tags) await it.send(tag);
  const answer = await it.pull({ subscription: "TagA || TagC" });
  assert.deepEqual(tagsOf(answer), ["TagA", "TagA", "TagC"]);
  assert.equal(offsetsOf(answer), "6 of 0..6");
});

Deno.test("PULL_MESSAGE bounds what it brings, but always brings one", async () => {
  await using it = await setUp();
  for (let at = 0; at < 40; at++) await it.send();
  const counts = async (pulled: Pulled) => messagesOf((await it.pull(pulled)).body).length;
  assert.equal(await counts({ count: 2 ** 31 - 1 }), 32);
  assert.equal(await counts({ count: 0 }), 1);
  assert.equal(await counts({ count: -5 }), 1);
  assert.equal(await counts({ bytesMax: 1 }), 1);
  const bytes = (await it.pull({ count: 1 })).body!.length;
  assert.equal(await counts({ bytesMax: 3 * bytes }), 3);
  assert.equal(await counts({ bytesMax: -1 }), 32);
});

Deno.test("PULL_MESSAGE brings as much as the broker is set to, of the newest and of older messages", async () => {
  const config = {
    maxTransferCountOnMessageInMemory: 36,
    maxTransferCountOnMessageInDisk: 3,
    maxTransferBytesOnMessageInDisk: 300,
  };
  const countOf = async (accessMessageInMemoryMaxRatio: number) => {
    await using it = await setUp({ config: { ...config, accessMessageInMemoryMaxRatio } });
    for (let at = 0; at < 40; at++) await it.send();
    const { body } = await it.pull({ count: 100 });
    return [messagesOf(body).length, body!.length <= 300] as const;
  };
  assert.equal((await countOf(40))[0], 36);
  const [count, isSmall] = await countOf(0);
  assert(count >= 1 && count <= 3 && isSmall);
});

Deno.test("PULL_MESSAGE commits an offset along the way, whatever it finds", async () => {
  await using it = await setUp();
  await it.pull({ sysFlag: PULL_FLAG.COMMIT, commitOffset: 7 });
  assert.equal(it.path.offsets.query("G", "T", 0), 7);
  await it.pull({ sysFlag: 0, commitOffset: 9 });
  assert.equal(it.path.offsets.query("G", "T", 0), 7);
  await it.pull({ sysFlag: PULL_FLAG.COMMIT, commitOffset: -1 });
  assert.equal(it.path.offsets.query("G", "T", 0), 7);
});

Deno.test("A pull that finds nothing and may wait is answered by the message that comes", async () => {
  await using it = await setUp();
  const waiting = it.pull(WAITING);
  const other = it.pull({ ...WAITING, queueId: 1 });
  await it.held(2);
  await it.send();
  const answer = await waiting;
  assert.equal(answer.code, 0);
  assert.equal(offsetsOf(answer), "1 of 0..1");
  assert.equal(messagesOf(answer.body).length, 1);
  assert.equal(it.path.hold.size, 1);
  it.clock.advance(6000);
  assert.equal((await other).code, 19);
});

Deno.test("A pull that waits is answered once for all messages of a turn", async () => {
  await using it = await setUp();
  const waiting = it.pull(WAITING);
  await it.held(1);
  await Promise.all(Array.from({ length: 20 }, () => it.send()));
  const answer = await waiting;
  const { nextBeginOffset } = answer.extFields ?? {};
  assert.equal(messagesOf(answer.body).length, Number(nextBeginOffset));
  assert.equal(it.path.hold.size, 0);
});

Deno.test("A pull that waits for a tag lets others pass", async () => {
  await using it = await setUp();
  const waiting = it.pull({ ...WAITING, subscription: "TagA" });
  await it.held(1);
  await it.send("TagB");
  assert.equal(it.path.hold.size, 1);
  await it.send("TagA");
  const answer = await waiting;
  assert.deepEqual(tagsOf(answer), ["TagA"]);
  assert.equal(offsetsOf(answer), "2 of 0..2");
});

Deno.test("A pull whose time is up is answered that there is nothing", async () => {
  await using it = await setUp();
  const waiting = it.pull({ ...WAITING, suspendMs: 2500 });
  await it.held(1);
  it.clock.advance(2520);
  const answer = await waiting;
  assert.deepEqual([answer.code, answer.remark], [19, "NO_MESSAGE_IN_QUEUE"]);
});

Deno.test("A pull whose time is up moves past messages it did not want", async () => {
  await using it = await setUp();
  await it.send("TagB");
  const waiting = it.pull({ ...WAITING, subscription: "TagA", queueOffset: 1 });
  await it.held(1);
  await it.send("TagB");
  it.clock.advance(5020);
  const answer = await waiting;
  assert.deepEqual([answer.code, answer.remark], [20, "NO_MATCHED_MESSAGE"]);
  assert.equal(offsetsOf(answer), "2 of 0..2");
});

Deno.test("A pull that waits is refused when what it wants goes away", async () => {
  await using it = await setUp();
  const waiting = it.pull(WAITING);
  await it.held(1);
  it.path.topics.delete("T");
  it.clock.advance(6000);
  const answer = await waiting;
  assert.equal(answer.code, 17);
  assert.match(answer.remark ?? "", /^topic\[T\] not exist/);
});

Deno.test("A pull does not wait where long polling is off for longer than the short time", async () => {
  const config = { longPollingEnable: false, shortPollingTimeMills: 200 };
  await using it = await setUp({ config });
  const waiting = it.pull(WAITING);
  await it.held(1);
  it.clock.advance(220);
  assert.equal((await waiting).code, 19);
});

Deno.test("A pull of a connection that has too many waiting is turned away", async () => {
  await using it = await setUp({ heldPerConnectionMax: 2 });
  const waiting = [it.pull(WAITING), it.pull({ ...WAITING, queueId: 1 })];
  await it.held(2);
  const answer = await it.pull({ ...WAITING, queueId: 2 });
  assert.equal(answer.code, 2);
  assert.equal(answer.remark, "[OVERLOAD]system busy, start flow control for a while");
  it.clock.advance(6000);
  assert.deepEqual((await Promise.all(waiting)).map((it) => it.code), [19, 19]);
});

Deno.test("A pull of a connection that closes is forgotten", async () => {
  await using it = await setUp();
  const waiting = it.pull(WAITING);
  await it.held(1);
  const ended = assert.rejects(waiting, /connection ended/);
  await it.client.close(it.server.peer);
  await ended;
  await it.held(0);
  await it.send();
});

Deno.test("Pulls count in the statistics", async () => {
  await using it = await setUp();
  await it.send();
  await it.send();
  await it.pull();
  await it.pull({ queueOffset: 2 });
  const { found, missed, transferred } = it.path.stats.totals;
  assert.deepEqual([found, missed, transferred], [1, 1, 2]);
});

/** A member of G that subscribes to TagA of T, which waits, and a producer. */
async function setUpMember() {
  const it = await ConsumerSide.open();
  it.createTopics("T");
  const [member, producer] = [it.client("member"), it.client("producer")];
  const subscribe = (subString: string, subVersion: number) =>
    member.heartbeat({
      consumers: [consumerOf("G", [subscriptionTo("T", { subString, subVersion })])],
    });
  await subscribe("TagA", 1);
  const pull = (pulled: Pulled = {}) =>
    member.send("PULL_MESSAGE", {
      extFields: pullFields({ ...WAITING, subscription: undefined, subVersion: 1, ...pulled }),
    });
  const send = (tag: string) => {
    const extFields = sendFields({ properties: { UNIQ_KEY: "0A", TAGS: tag } });
    return producer.ask("SEND_MESSAGE_V2", { extFields, body: BODY });
  };
  const waiting = pull();
  await member.read();
  assert.equal(it.path.hold.size, 1);
  const dispose = () => it[Symbol.asyncDispose]();
  return { it, member, subscribe, pull, send, waiting, [Symbol.asyncDispose]: dispose };
}

Deno.test("A pull of a member waits for the tags its heartbeat told", async () => {
  await using it = await setUpMember();
  await it.send("TagB");
  await it.member.read();
  assert.equal(it.it.path.hold.size, 1);
  await it.send("TagA");
  assert.deepEqual(tagsOf(await it.member.answerTo(it.waiting)), ["TagA"]);
});

Deno.test("A pull that waited does not commit again what has moved on meanwhile", async () => {
  await using it = await setUpMember();
  const { offsets } = it.it.path;
  const waiting = it.pull({ sysFlag: PULL_FLAG.SUSPEND | PULL_FLAG.COMMIT, commitOffset: 5 });
  await it.member.read();
  assert.equal(offsets.query("G", "T", 0), 5);
  offsets.commit("G", "T", 0, 9);
  it.it.clock.advance(6000);
  await it.member.answerTo(waiting);
  assert.equal(offsets.query("G", "T", 0), 9);
});

Deno.test("A pull that waits is answered by what the group wants when it runs again", async () => {
  await using it = await setUpMember();
  await it.subscribe("TagB", 2);
  await it.send("TagB");
  it.it.clock.advance(6000);
  assert.deepEqual(tagsOf(await it.member.answerTo(it.waiting)), ["TagB"]);
});

Deno.test("A pull that knows newer subscriptions than the broker is told to wait for the heartbeat", async () => {
  await using it = await setUpMember();
  const answer = await it.member.answerTo(it.pull({ subVersion: 2 }));
  assert.equal(answer.code, 25);
  await it.subscribe("TagA", 2);
  await it.send("TagA");
  assert.equal((await it.member.answerTo(it.pull({ subVersion: 2 }))).code, 0);
});

Deno.test("A pull of a member that left its group while it waited is told so", async () => {
  await using it = await setUpMember();
  await it.member.ask("UNREGISTER_CLIENT", {
    header: { clientId: "member", consumerGroup: "G" },
  });
  it.it.clock.advance(6000);
  const { code, remark } = await it.member.answerTo(it.waiting);
  assert.equal(code, 24);
  assert.match(remark ?? "", /^the consumer's group info not exist/);
});

Deno.test("A pull that waits one-way is forgotten without a word", async () => {
  await using it = await setUpMember();
  const extFields = pullFields({ ...WAITING, queueId: 1 });
  const command = request("PULL_MESSAGE", { extFields, opaque: 9999, oneway: true });
  it.member.feed(encodeFrame(command));
  await it.member.read();
  it.it.clock.advance(6000);
  await it.member.answerTo(it.waiting);
  assert.equal(it.it.path.hold.size, 0);
  assert.equal(it.member.answers.has(9999), false);
});

Deno.test("Pulls that wait when the broker stops are answered that there is nothing", async () => {
  const it = await BrokerFixture.start({ stopTimeoutMs: 5000 });
  const client = new RpcClient();
  try {
    const extFields = pullFields({ ...WAITING, topic: "TBW102", suspendMs: 600_000 });
    const asked = { name: "PULL_MESSAGE", extFields } as const;
    const waiting = [0, 1].map((queueId) =>
      client.invoke(it.peer, {
        ...asked,
        extFields: { ...extFields, queueId: String(queueId) },
      }, TIME)
    );
    // The answer to a request behind them on the connection: they have come.
    await client.invoke(it.peer, { name: "GET_BROKER_RUNTIME_INFO" }, TIME);
    const began = Date.now();
    await it.broker[Symbol.asyncDispose]();
    assert.ok(Date.now() - began < 4000, "nobody waits for their time");
    const answers = await Promise.all(waiting);
    assert.deepEqual(answers.map(({ code, remark }) => [code, remark]), [
      [19, "NO_MESSAGE_IN_QUEUE"],
      [19, "NO_MESSAGE_IN_QUEUE"],
    ]);
  } finally {
    await client[Symbol.asyncDispose]();
    await it[Symbol.asyncDispose]();
  }
});

import assert from "node:assert/strict";
import { BrokerFixture } from "../../../testdata/broker_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { readTruth, storeInMemory } from "../../../testdata/fixture.ts";
import { sendFields } from "../../../testdata/message_path.ts";
import { type ScriptedBroker, ScriptedCluster } from "../../../testdata/scripted_cluster.ts";
import { recordBytes, sampleMessage } from "../../../testdata/small_log.ts";
import { NameServer } from "../../namesrv/namesrv.ts";
import type { Call } from "../../rpc/call.ts";
import { LATER } from "../../rpc/call.ts";
import { Refusal } from "../../rpc/refusal.ts";
import { encodeResponseHeader, type HeaderOf } from "../../wire/headers.ts";
import { PULL_FLAG } from "../../wire/pull_flag.ts";
import { Cluster } from "../cluster.ts";
import { Puller, type PullRequest } from "./pull.ts";
import { subscriptionTo } from "./subscription.ts";

type PullCall = Call<HeaderOf<"PULL_MESSAGE">>;

const QUEUE = { topic: "T", brokerName: "broker-a", queueId: 0 };
const ALL = subscriptionTo("T", "*", { version: 7 });
const REQUEST: PullRequest = { queue: QUEUE, offset: 0, max: 32, subscription: ALL, inline: true };

async function running(options: Parameters<typeof BrokerFixture.start>[0] = {}) {
  await using stack = new AsyncDisposableStack();
  const nameServer = stack.use(await NameServer.listen({ hostname: "127.0.0.1", port: 0 }));
  const config = { ...options.config, namesrvAddr: nameServer.peer };
  const broker = stack.use(await BrokerFixture.start({ ...options, config }));
  const cluster = stack.use(new Cluster({ nameServers: nameServer.peer }));
  const owned = stack.move();
  return { broker, cluster, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function send(
  { broker, cluster }: { broker: BrokerFixture; cluster: Cluster },
  tags: readonly string[],
) {
  for (const tag of tags) {
    const extFields = sendFields({ topic: "T", queueId: 0, properties: { TAGS: tag } });
    const answer = await broker.ask("SEND_MESSAGE_V2", { extFields, body: new Uint8Array(3) });
    assert.equal(answer.code, 0, answer.remark);
  }
  // The broker tells the name server of a new topic in its own time.
  await eventually(async () => await cluster.routes.route("T") !== undefined);
}

Deno.test("Puller.pull() has Java's four answers", async () => {
  await using it = await running();
  await send(it, ["Aa", "x", "BB", "Aa"]);
  const puller = new Puller(it.cluster, "G");
  const found = await puller.pull(REQUEST);
  assert.deepEqual(
    [found.status, found.nextOffset, found.minOffset, found.maxOffset],
    ["FOUND", 4, 0, 4],
  );
  assert.deepEqual(found.messages.map((it) => it.tag), ["Aa", "x", "BB", "Aa"]);
  assert.deepEqual(found.messages.map((it) => it.queueOffset), [0, 1, 2, 3]);
  // The broker takes "BB" for "Aa", whose hash it has.
  const subscription = subscriptionTo("T", "Aa", { version: 7 });
  const tagged = await puller.pull({ ...REQUEST, subscription });
  assert.deepEqual(tagged.messages.map((it) => it.queueOffset), [0, 3]);
  assert.equal(tagged.nextOffset, 4);
  const none = await puller.pull({
    ...REQUEST,
    subscription: subscriptionTo("T", "never", { version: 7 }),
  });
  assert.deepEqual([none.status, none.nextOffset, none.messages], ["NO_MATCHED_MSG", 4, []]);
  const end = await puller.pull({ ...REQUEST, offset: 4 });
  assert.deepEqual([end.status, end.nextOffset, end.messages], ["NO_NEW_MSG", 4, []]);
  const far = await puller.pull({ ...REQUEST, offset: 400 });
  assert.deepEqual([far.status, far.nextOffset], ["OFFSET_ILLEGAL", 4]);
});

Deno.test("Puller.pull() waits at the broker for what comes, and ends with its signal", async () => {
  await using it = await running();
  await send(it, ["x"]);
  const puller = new Puller(it.cluster, "G");
  const waiting = puller.pull({ ...REQUEST, offset: 1, suspendMs: 15_000 });
  await send(it, ["y"]);
  const { status, messages } = await waiting;
  assert.deepEqual([status, messages.map((it) => it.tag)], ["FOUND", ["y"]]);
  const stop = new AbortController();
  const held = puller.pull({ ...REQUEST, offset: 2, suspendMs: 15_000, signal: stop.signal });
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(held, reason);
});

Deno.test("Puller.pull() stores the offset it is given", async () => {
  await using it = await running();
  await send(it, ["x", "y", "z"]);
  const puller = new Puller(it.cluster, "G");
  await puller.pull({ ...REQUEST, commitOffset: 2 });
  const header = { consumerGroup: "G", topic: "T", queueId: 0, setZeroIfNotFound: undefined };
  const { extFields } = await it.broker.ask("QUERY_CONSUMER_OFFSET", { header });
  assert.equal(extFields?.["offset"], "2");
});

Deno.test("Puller.pull() tells what a broker refuses, and what nobody has", async () => {
  await using it = await running();
  await send(it, ["x"]);
  const puller = new Puller(it.cluster, "G");
  await assert.rejects(puller.pull({ ...REQUEST, queue: { ...QUEUE, queueId: 99 } }), {
    name: "ClientError",
    kind: "refused",
    code: "INVALID_PARAMETER",
    message:
      /^Cannot pull from queue 99 of topic "T": 127\.0\.0\.1:\d+ refuses: INVALID_PARAMETER, /,
  });
  const elsewhere = { ...QUEUE, brokerName: "broker-z" };
  await assert.rejects(puller.pull({ ...REQUEST, queue: elsewhere }), { kind: "no-route" });
});

Deno.test("Puller.pull() has every message of the batches in a store of Java's", async () => {
  const name = "5.5.0-e-bcq-102";
  const truth = readTruth(name);
  const now = () => truth.log.at(-1)!.storeTimestamp;
  const config = { storePathRootDir: "store" };
  await using it = await running({ fs: storeInMemory(name), config, now });
  const puller = new Puller(it.cluster, "G");
  for (const { topic, queueId, maxOffset } of truth.queues) {
    const queue = { topic, brokerName: "broker-a", queueId };
    const subscription = subscriptionTo(topic, "*", { version: 7 });
    const offsets: number[] = [];
    const ids = new Set<string>();
    for (let offset = 0; offset < maxOffset;) {
      const pulled = await puller.pull({ ...REQUEST, queue, offset, subscription });
      assert.equal(pulled.status, "FOUND", `${topic} ${queueId} at ${offset}`);
      for (const message of pulled.messages) {
        offsets.push(message.queueOffset);
        ids.add(message.messageId);
      }
      offset = pulled.nextOffset;
    }
    const expected = Array.from({ length: maxOffset }, (_, at) => at);
    assert.deepEqual(offsets, expected, `${topic} ${queueId}`);
    assert.equal(ids.size, maxOffset, `${topic} ${queueId}`);
  }
});

function reply(fields: { suggestWhichBrokerId?: number; offsetDelta?: number } = {}) {
  return encodeResponseHeader("PULL_MESSAGE", {
    suggestWhichBrokerId: 0,
    nextBeginOffset: 1,
    minOffset: 0,
    maxOffset: 9,
    ...fields,
  });
}

/** Brokers that keep what they are asked. */
async function scripted(
  answers: readonly ((
    call: PullCall,
  ) => ReturnType<NonNullable<ScriptedBroker["family"]["PULL_MESSAGE"]>>)[],
) {
  const asked: [brokerId: number, header: PullCall["header"]][] = [];
  const it = await ScriptedCluster.start({
    topics: { T: 1, "eu%T": 1 },
    client: { namespace: "eu" },
    brokers: answers.map((answer, brokerId) => ({
      brokerName: "broker-a",
      brokerId,
      family: {
        PULL_MESSAGE: (call) => {
          asked.push([brokerId, { ...call.header }]);
          return answer(call);
        },
      },
    })),
  });
  return { it, asked, puller: new Puller(it.cluster, "G") };
}

Deno.test("Puller.pull() goes to the slave a broker suggests, and does not commit there", async () => {
  let suggested = 1;
  const answer = () => ({ extFields: reply({ suggestWhichBrokerId: suggested }) });
  const { it, asked, puller } = await scripted([answer, answer]);
  await using _ = it;
  const request = { ...REQUEST, commitOffset: 5 };
  await puller.pull(request);
  await puller.pull(request);
  const other = { ...request, queue: { ...QUEUE, queueId: 1 } };
  await puller.pull(other);
  suggested = 0;
  await puller.pull(request);
  await puller.pull(request);
  suggested = 1;
  await puller.pull(request);
  puller.forget(QUEUE);
  await puller.pull(request);
  const commits = PULL_FLAG.COMMIT | PULL_FLAG.SUBSCRIPTION;
  assert.deepEqual(
    asked.map(([id, { queueId, sysFlag, commitOffset }]) => [id, queueId, sysFlag, commitOffset]),
    [
      [0, 0, commits, 5],
      [1, 0, PULL_FLAG.SUBSCRIPTION, 0],
      [0, 1, commits, 5],
      [1, 0, PULL_FLAG.SUBSCRIPTION, 0],
      [0, 0, commits, 5],
      [0, 0, commits, 5],
      [0, 0, commits, 5],
    ],
  );
});

Deno.test("Puller.pull() goes back to the master when a slave is silent", async () => {
  const { it, asked, puller } = await scripted([
    () => ({ extFields: reply({ suggestWhichBrokerId: 1 }) }),
    () => LATER,
  ]);
  await using _ = it;
  await puller.pull(REQUEST);
  await assert.rejects(puller.pull({ ...REQUEST, timeoutMs: 20 }), {
    name: "RpcError",
    kind: "timeout",
  });
  await puller.pull(REQUEST);
  assert.deepEqual(asked.map(([id]) => id), [0, 1, 0]);
});

Deno.test("Puller.pull() says what the group wants, or that the broker knows", async () => {
  const { it, asked, puller } = await scripted([() => ({ extFields: reply() })]);
  await using _ = it;
  const subscription = subscriptionTo("T", { sql: "a = 1" }, { version: 9 });
  await puller.pull({ ...REQUEST, subscription, suspendMs: 10, max: 4, offset: 3 });
  await puller.pull({ ...REQUEST, subscription, inline: false });
  const picked = asked.map(([, it]) => {
    const { sysFlag, subscription, expressionType, subVersion, suspendTimeoutMillis } = it;
    return { sysFlag, subscription, expressionType, subVersion, suspendTimeoutMillis };
  });
  const all = { expressionType: "SQL92", subVersion: 9 };
  const flags = PULL_FLAG.SUSPEND | PULL_FLAG.SUBSCRIPTION;
  assert.deepEqual(picked, [
    { ...all, sysFlag: flags, subscription: "a = 1", suspendTimeoutMillis: 10 },
    { ...all, sysFlag: 0, subscription: undefined, suspendTimeoutMillis: 0 },
  ]);
  assert.deepEqual(
    [asked[0]![1].consumerGroup, asked[0]![1].maxMsgNums, asked[0]![1].queueOffset],
    ["G", 4, 3],
  );
});

Deno.test("Puller.pull() takes namespaces off, and adds where a static topic counts from", async () => {
  const body = recordBytes(sampleMessage({ topic: "eu%T", queueId: 3, queueOffset: 5 }));
  const { it, puller } = await scripted([
    () => ({ extFields: reply({ offsetDelta: 100 }), body }),
  ]);
  await using _ = it;
  const { messages: [message] } = await puller.pull(REQUEST);
  assert.deepEqual(
    [message!.topic, message!.queueId, message!.queueOffset, message!.brokerName],
    ["T", 0, 105, "broker-a"],
  );
});

Deno.test("Puller.pull() says which answer cannot be read", async () => {
  const cut = recordBytes(sampleMessage({})).subarray(0, 40);
  const answers = [
    { extFields: { nextBeginOffset: "1" } },
    { extFields: reply(), body: cut },
  ];
  const { it, puller } = await scripted([() => answers.shift() ?? { extFields: reply() }]);
  await using _ = it;
  await assert.rejects(puller.pull(REQUEST), { name: "ClientError", kind: "damaged" });
  await assert.rejects(puller.pull(REQUEST), { name: "ClientError", kind: "damaged" });
  assert.deepEqual((await puller.pull(REQUEST)).messages, []);
});

Deno.test("Puller.pull() passes on that a broker asks for another subscription", async () => {
  const { it, puller } = await scripted([() => {
    throw new Refusal("SUBSCRIPTION_NOT_LATEST", "the consumer's subscription not latest");
  }]);
  await using _ = it;
  await assert.rejects(puller.pull(REQUEST), { kind: "refused", code: "SUBSCRIPTION_NOT_LATEST" });
});

import assert from "node:assert/strict";
import { BrokerFixture, FIXTURE_STORE } from "../../testdata/broker_fixture.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { OverlayFiles } from "../../store/repair/overlay_files.ts";
import { RecordView } from "../../store/record_view.ts";
import type { RequestName } from "../wire/codes.ts";
import type { RemotingCommand } from "../wire/command.ts";
import type { HeaderOf } from "../wire/headers.ts";
import { adoptTopics, BROKER_READS } from "./read_only_broker.ts";
import { newTopic } from "./topic_table.ts";

const SEND: HeaderOf<"SEND_MESSAGE"> = {
  producerGroup: "P",
  topic: "T",
  defaultTopic: "TBW102",
  defaultTopicQueueNums: 4,
  queueId: 2,
  sysFlag: 0,
  bornTimestamp: 1_700_000_000_000,
  flag: 0,
  properties: "",
};

/** A store a broker has written: three messages, one delayed, and a committed offset. */
async function writtenStore(): Promise<MemoryFiles> {
  const fs = new MemoryFiles();
  await using it = await BrokerFixture.start({ fs });
  for (const text of ["a", "b", "c"]) {
    const { code } = await it.ask("SEND_MESSAGE", { header: SEND, body: bytes(text) });
    assert.equal(code, 0);
  }
  // A day: nobody delivers it while the broker runs.
  const header = { ...SEND, properties: "DELAY\u000118\u0002" };
  assert.equal((await it.ask("SEND_MESSAGE", { header, body: bytes("later") })).code, 0);
  const committed = { consumerGroup: "G", topic: "T", queueId: 2, commitOffset: 1 };
  await pull(it, { consumerGroup: "G" });
  assert.equal((await it.ask("UPDATE_CONSUMER_OFFSET", { header: committed })).code, 0);
  return fs;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The store as a read-only broker shows it. */
async function shown(below: MemoryFiles, now = Date.now) {
  const fs = new OverlayFiles(below);
  return await BrokerFixture.start({ fs, readOnly: true, now });
}

function pull(
  it: BrokerFixture,
  header: Partial<HeaderOf<"PULL_MESSAGE">> = {},
): Promise<RemotingCommand> {
  return it.ask("PULL_MESSAGE", {
    header: {
      consumerGroup: "G2",
      topic: "T",
      queueId: 2,
      queueOffset: 0,
      maxMsgNums: 32,
      sysFlag: 4,
      commitOffset: 0,
      suspendTimeoutMillis: 0,
      subscription: "*",
      subVersion: 0,
      ...header,
    },
  });
}

function bodiesOf(answer: RemotingCommand): string[] {
  const record = new RecordView();
  record.attach(answer.body ?? new Uint8Array(0));
  const bodies: string[] = [];
  for (let at = 0; at < record.bytes.length; at += record.size) {
    assert.equal(record.load(at, record.bytes.length), undefined);
    const body = record.bytes.subarray(record.bodyAt, record.bodyAt + record.bodyLength);
    bodies.push(new TextDecoder().decode(body));
  }
  return bodies;
}

Deno.test("A read-only broker serves what there is, takes commits in memory, and changes no file", async () => {
  const below = await writtenStore();
  const before = new Map(below.snapshot());
  {
    await using it = await shown(below);
    const place = { consumerGroup: "G", topic: "T", queueId: 2 };
    const offset = async () => {
      return (await it.ask("QUERY_CONSUMER_OFFSET", { header: place })).extFields?.["offset"];
    };
    assert.deepEqual(bodiesOf(await pull(it)), ["a", "b", "c"]);
    assert.equal(await offset(), "1", "as the group left it");
    await it.ask("UPDATE_CONSUMER_OFFSET", { header: { ...place, commitOffset: 3 } });
    assert.equal(await offset(), "3");
    await it.broker[Symbol.asyncDispose]();
    assert.deepEqual(it.told, []);
  }
  assert.deepEqual(differences(before, below.snapshot()), []);
});

Deno.test("A read-only broker refuses what would change the store, and says that it is read-only", async () => {
  await using it = await shown(await writtenStore());
  const topic = {
    topic: "N",
    defaultTopic: "TBW102",
    readQueueNums: 1,
    writeQueueNums: 1,
    perm: 6,
    topicFilterType: "SINGLE_TAG",
    topicSysFlag: 0,
    order: false,
  };
  const refused = [
    it.ask("SEND_MESSAGE", { header: SEND, body: bytes("x") }),
    it.ask("SEND_MESSAGE", { header: { ...SEND, topic: "N" }, body: bytes("x") }),
    it.ask("UPDATE_AND_CREATE_TOPIC", { header: topic }),
    it.ask("DELETE_TOPIC_IN_BROKER", { header: { topic: "T" } }),
    it.ask("UPDATE_BROKER_CONFIG", { body: bytes("maxMessageSize=1") }),
    it.ask("DELETE_EXPIRED_COMMITLOG"),
    it.ask("CLEAN_UNUSED_TOPIC"),
  ];
  for (const { code, remark } of await Promise.all(refused)) {
    assert.equal(code, 16);
    assert.match(remark ?? "", /^mq serve is read-only: /);
  }
  assert.deepEqual(bodiesOf(await pull(it)), ["a", "b", "c"]);
  assert.equal((await it.ask("GET_TOPIC_CONFIG", { header: { topic: "N" } })).code, 17);
});

Deno.test("BROKER_READS and what a read-only broker refuses are all that a broker serves", async () => {
  await using it = await shown(await writtenStore());
  const CHANGES = new Set<RequestName>([
    "CLEAN_EXPIRED_CONSUMEQUEUE",
    "CLEAN_UNUSED_TOPIC",
    "CONSUMER_SEND_MSG_BACK",
    "DELETE_EXPIRED_COMMITLOG",
    "DELETE_SUBSCRIPTIONGROUP",
    "DELETE_TOPIC_IN_BROKER",
    "END_TRANSACTION",
    "RECALL_MESSAGE",
    "REGISTER_FILTER_SERVER",
    "RESUME_CHECK_HALF_MESSAGE",
    "SEND_BATCH_MESSAGE",
    "SEND_MESSAGE",
    "SEND_MESSAGE_V2",
    "SEND_REPLY_MESSAGE",
    "SEND_REPLY_MESSAGE_V2",
    "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP",
    "UPDATE_AND_CREATE_TOPIC",
    "UPDATE_BROKER_CONFIG",
  ]);
  // A new request belongs into one of the two: think which.
  const sorted = (names: Iterable<RequestName>) => [...names].sort();
  assert.deepEqual(sorted([...BROKER_READS, ...CHANGES]), sorted(it.broker.served));
});

Deno.test("A read-only broker delivers no delayed message, however late it is", async () => {
  const tomorrow = () => Date.now() + 86_400_000;
  await using it = await shown(await writtenStore(), tomorrow);
  // Whatever was due would have been delivered before a pull that comes after several turns.
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(bodiesOf(await pull(it)), ["a", "b", "c"]);
  const waiting = await pull(it, { topic: "SCHEDULE_TOPIC_XXXX", queueId: 17 });
  assert.deepEqual(bodiesOf(waiting), ["later"]);
});

Deno.test("A read-only broker starts a group that never committed at the first message", async () => {
  await using it = await shown(await writtenStore());
  const header = { consumerGroup: "new", topic: "T", queueId: 2, setZeroIfNotFound: false };
  const answer = await it.ask("QUERY_CONSUMER_OFFSET", { header });
  assert.equal(answer.extFields?.["offset"], "0");
  const nowhere = await it.ask("QUERY_CONSUMER_OFFSET", { header: { ...header, topic: "none" } });
  assert.equal(nowhere.code, 22);
});

Deno.test("A read-only broker does without tables it cannot read, and every queue still has a topic", async () => {
  const below = await writtenStore();
  for (const name of ["topics.json", "topics.json.bak", "consumerOffset.json"]) {
    below.put(`${FIXTURE_STORE}/config/${name}`, bytes("{broken"));
  }
  await using it = await shown(below);
  assert.deepEqual(bodiesOf(await pull(it)), ["a", "b", "c"]);
  const { body } = await it.ask("GET_TOPIC_CONFIG", { header: { topic: "T" } });
  const config = JSON.parse(new TextDecoder().decode(body));
  assert.equal(config.readQueueNums, 3, "queue 2 is the last that has messages");
  assert.match(it.told.join("\n"), /Cannot load ".*topics.json": /);
  assert.match(it.told.join("\n"), /consumerOffset.json/);
});

Deno.test("adoptTopics() leaves topics that have an entry alone", () => {
  const created: string[] = [];
  adoptTopics({
    get: (name) => name === "known" ? newTopic(name, { queues: 1 }) : undefined,
    createOwned(name, { queueNums }) {
      created.push(`${name} ${queueNums}`);
      return newTopic(name, { queues: queueNums });
    },
  }, { topics: () => ["known", "lost", "lost"], queueIds: () => [0, 6] });
  assert.deepEqual(created, ["lost 7"]);
});

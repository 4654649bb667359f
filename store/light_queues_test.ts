import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { draftOf, openStore, put } from "../testdata/open_store.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { messagesOf, reput } from "../testdata/reput.ts";
import { foundIn } from "../testdata/verified.ts";
import type { DispatchRequest } from "./dispatch.ts";
import type { FileSystem } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { lightDraftOf } from "./light_queues.ts";
import { OpenFiles } from "./open_files.ts";
import { formatProperties, propertyOf } from "./properties.ts";
import { QueueTable } from "./queue_table.ts";
import { RecordView } from "./record_view.ts";
import type { Store } from "./store.ts";

const JAVA = "5.5.0-e-lmq-102";
const ADDED = ["INNER_MULTI_QUEUE_OFFSET"];

function into(...topics: string[]): { properties: string } {
  return { properties: formatProperties([["INNER_MULTI_DISPATCH", topics.join(",")]]) };
}

/** Log offsets a light queue leads to, from index 0 on; −1 where it has padding. */
async function offsetsIn(store: Store, topic: string): Promise<number[]> {
  const { max } = store.queueRange(topic, 0) ?? { max: 0 };
  const offsets: number[] = [];
  for (let index = 0; index < max; index++) {
    const { body } = await store.get({ topic, queueId: 0, queueOffset: index, countMax: 1 });
    const record = new RecordView();
    record.attach(body);
    const isThere = record.load(0, body.length) === undefined;
    offsets.push(isThere ? record.physicalOffset() : -1);
  }
  return offsets;
}

function bytesOf(fs: FileSystem, path: string): Uint8Array {
  const file = fs.openRead(path);
  const bytes = new Uint8Array(file.size());
  file.read(bytes, 0);
  file.close();
  return bytes;
}

function emptyTable(): QueueTable {
  return new QueueTable(new OpenFiles(new MemoryFiles()), { directory: "cq", fileUnits: 10 });
}

/** Indexes a message would be given. */
function indexesOf(queues: QueueTable, wish: Parameters<typeof draftOf>[0]): string | undefined {
  const light = lightDraftOf(queues, draftOf(wish));
  return light && propertyOf(light.draft.properties, "INNER_MULTI_QUEUE_OFFSET");
}

Deno.test("a store with light queues, put again, has Java's bytes in its log and in all queues", async () => {
  const java = storeInMemory(JAVA);
  const fs = new MemoryFiles();
  const store = await reput(messagesOf(java), { fs, added: ADDED, lightQueues: true });
  await store[Symbol.asyncDispose]();
  const mine = fs.snapshot();
  let compared = 0;
  for (const [path, bytes] of java.snapshot()) {
    if (!/^store\/(commitlog|consumequeue)\//.test(path)) continue;
    assert.deepEqual(mine.get(path), bytes, path);
    compared++;
  }
  const queues = readTruth(JAVA).queues.filter(({ topic }) => topic.startsWith("%LMQ%"));
  assert(queues.length >= 4 && compared > queues.length);
  assert.deepEqual(await foundIn(fs), []);
});

Deno.test("light queues go on where they stopped, after a clean stop and after a kill", async () => {
  const java = storeInMemory(JAVA);
  const messages = messagesOf(java);
  const expected = java.snapshot();
  for (const isKilled of [false, true]) {
    const fs = new PowerLossFiles();
    const half = Math.floor(messages.length / 2);
    const options = { added: ADDED, lightQueues: true } as const;
    const first = await reput(messages.slice(0, half), { ...options, fs });
    if (!isKilled) await first[Symbol.asyncDispose]();
    // The queues were in memory only.
    const left = isKilled ? fs.lose(() => true) : fs;
    const second = await reput(messages.slice(half), { ...options, fs: left });
    assert.equal(second.recovery.mode, isKilled ? "unclean" : "clean");
    await second[Symbol.asyncDispose]();
    if (isKilled) await first[Symbol.asyncDispose]();
    for (const { topic, queueId } of readTruth(JAVA).queues) {
      const path = `store/consumequeue/${topic}/${queueId}/00000000000000000000`;
      assert.deepEqual(bytesOf(left, path), expected.get(path), path);
    }
  }
});

Deno.test("a message is served from its own queue and each of its light queues", async () => {
  const arrived: string[] = [];
  const onArrival = ({ topic, queueId, queueOffset }: DispatchRequest) => {
    arrived.push(`${topic} ${queueId} ${queueOffset}`);
  };
  await using store = await openStore(undefined, { lightQueues: true, onArrival });
  const puts = await Promise.all([
    put(store, { queueId: 3, ...into("%LMQ%a", "%LMQ%b") }),
    put(store, { queueId: 3 }),
    put(store, { queueId: 3, ...into("%LMQ%b") }),
  ]);
  const [one, , three] = puts.map(({ physicalOffset }) => physicalOffset);
  assert.deepEqual(await offsetsIn(store, "%LMQ%a"), [one]);
  assert.deepEqual(await offsetsIn(store, "%LMQ%b"), [one, three]);
  assert.deepEqual(store.queueRange("TopicTest", 3), { min: 0, max: 3 });
  assert.deepEqual(arrived, [
    "TopicTest 3 0",
    "%LMQ%a 0 0",
    "%LMQ%b 0 0",
    "TopicTest 3 1",
    "TopicTest 3 2",
    "%LMQ%b 0 1",
  ]);
});

Deno.test("a message that cannot be written gives its indexes back", async () => {
  const fs = new PowerLossFiles();
  await using store = await openStore(fs, { lightQueues: true, onFailure: () => {} });
  await put(store, into("%LMQ%a"));
  fs.interfere = (verb) => {
    if (verb === "write") throw systemError("EIO");
  };
  const wish = into("%LMQ%a", "%LMQ%b");
  const refused = await Promise.all([put(store, wish), put(store, wish)]);
  fs.interfere = () => {};
  assert(refused.every(({ stored }) => !stored));
  assert.deepEqual(store.queueRange("%LMQ%a", 0), { min: 0, max: 1 });
  assert.deepEqual(store.queueRange("%LMQ%b", 0), { min: 0, max: 0 });
});

Deno.test("indexes given back while a message waits for room are given to that message", async () => {
  const fs = new PowerLossFiles();
  await using store = await openStore(fs, { lightQueues: true, segmentBytes: 1000 });
  let fails = 1;
  fs.interfere = (verb) => {
    if (verb === "write" && fails-- > 0) throw systemError("ENOSPC");
  };
  // The second does not fit behind the first, which is written, and fails, when it comes.
  const wish = { body: "x".repeat(600), ...into("%LMQ%a") };
  const [one, two] = await Promise.all([put(store, wish), put(store, wish)]);
  assert.deepEqual([one.stored, two.stored, two.queueOffset], [false, true, 0]);
  assert.deepEqual(await offsetsIn(store, "%LMQ%a"), [two.physicalOffset]);
});

Deno.test("a refused message makes no light queue", async () => {
  await using store = await openStore(undefined, { lightQueues: true, bodyBytesMax: 200 });
  const { status, reason } = await put(store, { body: "x".repeat(150), ...into("%LMQ%a") });
  assert.equal(status, "MESSAGE_ILLEGAL", "the limit is that of the record, as in Java");
  assert.match(reason!, /the record is \d+ bytes, limit is 200/);
  assert.deepEqual(store.topics(), []);
  assert.equal((await put(store, { body: "x".repeat(150) })).status, "PUT_OK");
});

Deno.test("without the setting a message is stored as it came", async () => {
  await using store = await openStore();
  await put(store, into("%LMQ%a"));
  assert.deepEqual(store.topics(), ["TopicTest"]);
});

Deno.test("lightDraftOf() gives every light queue one index, whatever stands beside its name", () => {
  const queues = emptyTable();
  queues.getOrCreate("%LMQ%a", 0).next = 7;
  assert.equal(indexesOf(queues, into("%LMQ%a", "%LMQ%b")), "7,0");
  assert.equal(indexesOf(queues, into("plain", "%LMQ%a")), ",7", "Java leaves it empty");
  const twice = lightDraftOf(queues, draftOf(into("%LMQ%a", "%LMQ%a")));
  assert.deepEqual(twice?.lightTopics, ["%LMQ%a"]);
  const outside = lightDraftOf(queues, draftOf(into("%LMQ%/../x", "%LMQ%a")));
  assert.deepEqual(outside?.lightTopics, ["%LMQ%a"]);
});

Deno.test("lightDraftOf() replaces an index the producer sent, and keeps all other pairs", () => {
  const pairs = [
    ["INNER_MULTI_QUEUE_OFFSET", "99"],
    ["KEYS", "k"],
    ["INNER_MULTI_DISPATCH", "%LMQ%a"],
  ] as const;
  const wish = { properties: formatProperties(pairs) };
  assert.equal(indexesOf(emptyTable(), wish), "0");
  const light = lightDraftOf(emptyTable(), draftOf(wish));
  assert.equal(propertyOf(light!.draft.properties, "KEYS"), "k");
});

Deno.test("lightDraftOf() leaves alone what is retried, put off, of the system or not committed", () => {
  const queues = emptyTable();
  const topics = [
    "%RETRY%g",
    "%DLQ%g",
    "rmq_sys_wheel_timer",
    "SCHEDULE_TOPIC_XXXX",
    "RMQ_SYS_TRANS_HALF_TOPIC",
  ];
  for (const topic of topics) {
    assert.equal(indexesOf(queues, { topic, ...into("%LMQ%a") }), undefined);
  }
  assert.equal(indexesOf(queues, { sysFlag: 4, ...into("%LMQ%a") }), undefined);
  assert.equal(indexesOf(queues, { properties: "" }), undefined);
  assert.equal(indexesOf(queues, into(" ")), undefined);
});

Deno.test("what is sent back with the properties of a light queue's message stays out of that queue", async () => {
  const fs = new PowerLossFiles();
  const store = await openStore(fs, { lightQueues: true });
  await put(store, into("%LMQ%a"));
  const properties = formatProperties([
    ["INNER_MULTI_DISPATCH", "%LMQ%a"],
    ["INNER_MULTI_QUEUE_OFFSET", "1"],
  ]);
  await put(store, { topic: "%RETRY%g", properties });
  assert.deepEqual(store.queueRange("%LMQ%a", 0), { min: 0, max: 1 });
  await using after = await openStore(fs.lose(() => true), { recovery: "full" });
  assert.deepEqual(after.queueRange("%LMQ%a", 0), { min: 0, max: 1 });
  assert.equal(after.recovery.unqueued, 0);
  await store[Symbol.asyncDispose]();
});

Deno.test("a full store takes no message that names a new light queue, and any other", async () => {
  const fs = new MemoryFiles();
  const options = { lightQueues: true, lightQueuesMax: 2 };
  const store = await openStore(fs, options);
  const statusOf = async (...topics: string[]) => (await put(store, into(...topics))).status;
  // What a message brings itself does not count yet, as in Java.
  assert.equal(await statusOf("%LMQ%a", "%LMQ%b", "%LMQ%c"), "PUT_OK");
  const { max } = store.logRange;
  const { status, stored, reason } = await put(store, into("%LMQ%a", "%LMQ%d"));
  assert.deepEqual([status, stored], ["LMQ_CONSUME_QUEUE_NUM_EXCEEDED", false]);
  assert.equal(reason, "Cannot append message: there are 3 light queues, limit is 2");
  assert.equal(store.logRange.max, max);
  assert.deepEqual(store.queueRange("%LMQ%a", 0), { min: 0, max: 1 });
  assert.equal(await statusOf("%LMQ%a", "%LMQ%b"), "PUT_OK");
  assert.equal((await put(store)).status, "PUT_OK");
  assert.equal(await statusOf("plain"), "PUT_OK", "no light queue");
  await store[Symbol.asyncDispose]();
  const again = await openStore(fs, options);
  assert.equal((await put(again, into("%LMQ%d"))).status, "LMQ_CONSUME_QUEUE_NUM_EXCEEDED");
  again.deleteTopic("%LMQ%a");
  again.deleteTopic("%LMQ%b");
  assert.equal((await put(again, into("%LMQ%d"))).status, "PUT_OK");
  assert.equal((await put(again, into("%LMQ%e"))).status, "LMQ_CONSUME_QUEUE_NUM_EXCEEDED");
  await again[Symbol.asyncDispose]();
});

Deno.test("messages of one turn count the light queues of those before them", async () => {
  await using store = await openStore(undefined, { lightQueues: true, lightQueuesMax: 1 });
  const results = await Promise.all(
    ["%LMQ%a", "%LMQ%b", "%LMQ%a"].map((it) => put(store, into(it))),
  );
  assert.deepEqual(results.map(({ stored }) => stored), [true, false, true]);
  assert.deepEqual(store.topics(), ["%LMQ%a", "TopicTest"]);
});

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import fc from "fast-check";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { type MessageWish, recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { STORE_CASES } from "../testdata/store_cases.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import {
  DELAY_LEVELS_MS,
  deliverTime,
  DispatchRequest,
  mayBeLight,
  SCHEDULE_TOPIC,
} from "./dispatch.ts";
import { MemoryFiles } from "./file_memory.ts";
import { INDEX_HEADER, MAGIC, SYS_FLAG } from "./format.ts";
import { keyHash, stringHash } from "./hash.ts";
import { KeyIndex } from "./key_index.ts";
import { lightQueuesOf } from "./multi_dispatch.ts";
import { storePaths } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import { formatProperties, parseProperties } from "./properties.ts";
import { QueueTable } from "./queue_table.ts";
import { RecordView } from "./record_view.ts";
import { listSegments } from "./segments.ts";

/** Sizes of the recorded brokers. */
const QUEUE_FILE_UNITS = 60;
const INDEX_GEOMETRY = { slots: 100, entries: 400 };

/** Stores whose log goes back to the first message and whose queues were complete. */
const WHOLE = STORE_CASES.filter(({ name }) => /-(a-clean|e-|f-ha-)/.test(name))
  .filter(({ name }) => !/kill/.test(name));

/** Queues and index made from a store's log alone, in files of their own. */
async function rebuilt(fs: MemoryFiles, isTagIndexed: boolean): Promise<MemoryFiles> {
  const made = new MemoryFiles();
  const paths = storePaths("store");
  using files = new OpenFiles(made, 8);
  const queues = new QueueTable(files, {
    directory: paths.consumeQueue,
    fileUnits: QUEUE_FILE_UNITS,
  });
  const index = new KeyIndex(files, {
    directory: paths.index,
    geometry: INDEX_GEOMETRY,
    onComplete: () => {},
  });
  // Topics with batch queues, and the one that was deleted before the stop.
  const others = new Set([...fs.list(paths.batchConsumeQueue), "T_gone"]);
  const request = new DispatchRequest();
  const scan = new CommitLogScan(fs, listSegments(fs, paths.commitLog));
  while (scan.next()) {
    if (scan.kind !== "message") continue;
    request.read(scan.record);
    const { topic, queueId, queueOffset, physicalOffset, storeTimestamp } = request;
    if (request.queued && !others.has(topic)) {
      assert.equal(queues.getOrCreate(topic, queueId).append(queueOffset, request), "appended");
    }
    for (const light of lightQueuesOf(scan.record)) {
      queues.getOrCreate(light.topic, 0).append(light.queueOffset, request);
    }
    const tag = isTagIndexed ? request.tagHash() : -1;
    const hashes = tag < 0 ? request.keyHashes : [...request.keyHashes, tag];
    for (const hash of hashes) index.put(hash, physicalOffset, storeTimestamp);
  }
  scan.close();
  for (const queue of queues) await queue.sync();
  await index.sync();
  return made;
}

function bytesBelow(fs: MemoryFiles, directory: string): Map<string, Uint8Array> {
  return new Map([...fs.snapshot()].filter(([path]) => path.startsWith(`${directory}/`)));
}

/** Java 4.2 counts every put as a slot in use; 4.7.1 and later count slots, as we do. */
function clearSlotCount(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeInt32BE(0, INDEX_HEADER.at.hashSlotCount);
  return copy;
}

for (const store of WHOLE) {
  Deno.test(`DispatchRequest: queues built from the log have Java's bytes: ${store.name}`, async () => {
    const fs = storeInMemory(store.name);
    const { version } = readTruth(store.name);
    const made = await rebuilt(fs, version === "5.5.0");
    const java = bytesBelow(fs, "store/consumequeue");
    const ours = bytesBelow(made, "store/consumequeue");
    if (store.isRocksDb) return;
    for (const [path, bytes] of java) {
      const own = ours.get(path);
      // A file made ahead, into which nothing was written yet.
      if (own === undefined) assert(bytes.every((byte) => byte === 0), path);
      // Units with an extension address have their tags code elsewhere.
      else if (!store.name.includes("cqext")) assert(Buffer.from(bytes).equals(own), path);
      else {for (let at = 0; at < bytes.length; at += 20) {
          assert.deepEqual(bytes.subarray(at, at + 12), own.subarray(at, at + 12), `${path} ${at}`);
        }}
    }
    const strangers = [...ours.keys()].filter((path) => !java.has(path));
    assert.deepEqual(strangers, []);
  });

  Deno.test(`DispatchRequest: an index built from the log has Java's bytes: ${store.name}`, async () => {
    const fs = storeInMemory(store.name);
    const { version } = readTruth(store.name);
    const made = await rebuilt(fs, version === "5.5.0");
    // Java names them by the time it made them.
    const java = fs.list("store/index").map((name) =>
      fs.snapshot().get(join("store/index", name))!
    );
    const ours = [...bytesBelow(made, "store/index").values()];
    assert.equal(ours.length, java.length);
    java.forEach((bytes, number) => {
      const own = ours[number]!;
      const isSame = version === "4.2.0"
        ? clearSlotCount(bytes).equals(clearSlotCount(own))
        : Buffer.from(bytes).equals(own);
      assert(isSame, `file ${number}`);
    });
  });
}

/** What dispatch reads from a message. */
function requestOf(wish: MessageWish): DispatchRequest {
  const message = sampleMessage(wish);
  const record = new RecordView();
  record.attach(recordBytes(message));
  assert.equal(record.load(0, message.totalSize), undefined);
  const request = new DispatchRequest();
  request.read(record);
  return request;
}

function withProperties(pairs: readonly (readonly [string, string])[], topic = "T") {
  return requestOf({ topic, properties: formatProperties(pairs) });
}

Deno.test("DispatchRequest.read() takes place and size from the record", () => {
  const wish = {
    queueId: 3,
    queueOffset: 2 ** 40,
    physicalOffset: 2 ** 45,
    storeTimestamp: 2 ** 41,
  };
  const request = requestOf({ ...wish, topic: "Topic" });
  assert.equal(request.topic, "Topic");
  for (const [name, value] of Object.entries(wish)) {
    assert.equal(request[name as keyof typeof wish], value);
  }
  assert.equal(request.size, sampleMessage({ topic: "Topic" }).totalSize);
});

Deno.test("DispatchRequest: the unique key is hashed first, then each of the keys", () => {
  const pairs = [["KEYS", "k1  k2 "], ["TAGS", "tag"], ["UNIQ_KEY", "unique"]] as const;
  const request = withProperties(pairs);
  assert.deepEqual(request.keyHashes, ["unique", "k1", "k2"].map((key) => keyHash("T", key)));
  assert.equal(request.tagHash(), keyHash("T", "T#tag"));
});

Deno.test("DispatchRequest: of equal names the last counts, empty values do not", () => {
  const pairs = [["TAGS", "one"], ["KEYS", "a"], ["TAGS", "two"], ["KEYS", "b"], [
    "KEYS",
    "",
  ]] as const;
  const request = withProperties(pairs);
  assert.equal(request.tagsCode, stringHash("two"));
  assert.deepEqual(request.keyHashes, [keyHash("T", "b")]);
});

Deno.test("DispatchRequest: a name that only begins or ends alike is another", () => {
  const pairs = [["TAGS2", "a"], ["XTAGS", "b"], ["KEYSX", "c"], ["DELAYED", "3"]] as const;
  const request = withProperties(pairs, SCHEDULE_TOPIC);
  assert.deepEqual([request.tagsCode, request.keyHashes.length, request.tagHash()], [0, 0, -1]);
});

Deno.test("DispatchRequest reads any properties as parseProperties() does", () => {
  const words = [
    "TAGS",
    "KEYS",
    "UNIQ_KEY",
    "\u0001",
    "\u0002",
    " ",
    "a",
    "k\u0082",
    "\u0003\u0004",
  ];
  const texts = fc.array(fc.constantFrom(...words), { maxLength: 24 }).map((all) => all.join(""));
  fc.assert(fc.property(texts, (properties) => {
    const request = requestOf({ topic: "T", properties });
    const expected = parseProperties(properties);
    assert.equal(request.tagsCode, stringHash(expected.get("TAGS") ?? ""));
    const unique = expected.get("UNIQ_KEY");
    const keys = expected.get("KEYS")?.split(" ").filter((key) => key !== "") ?? [];
    const all = unique === undefined ? keys : [unique, ...keys];
    assert.deepEqual(request.keyHashes, all.map((key) => keyHash("T", key)));
  }));
});

Deno.test("DispatchRequest: a last property without its end is read, too", () => {
  const request = requestOf({ topic: "T", properties: "TAGS\u0001a\u0002KEYS\u0001k" });
  assert.deepEqual(request.keyHashes, [keyHash("T", "k")]);
  assert.equal(request.tagsCode, stringHash("a"));
});

Deno.test("DispatchRequest: a reused request keeps nothing of the record before", () => {
  const record = new RecordView();
  const request = new DispatchRequest();
  for (const properties of ["TAGS\u0001a\u0002KEYS\u0001k\u0002UNIQ_KEY\u0001u\u0002", ""]) {
    const message = sampleMessage({ properties });
    record.attach(recordBytes(message));
    record.load(0, message.totalSize);
    request.read(record);
  }
  assert.deepEqual([request.tagsCode, request.keyHashes.length, request.tagHash()], [0, 0, -1]);
});

Deno.test("DispatchRequest: prepared messages are indexed and not queued, rolled back ones neither", () => {
  const properties = formatProperties([["TAGS", "a"], ["KEYS", "k"], ["UNIQ_KEY", "u"]]);
  const states = [
    [0, true, 2, true],
    [SYS_FLAG.transactionPrepared, false, 2, true],
    [SYS_FLAG.transactionCommit, true, 2, true],
    [SYS_FLAG.transactionRollback, false, 0, false],
  ] as const;
  for (const [sysFlag, queued, keys, isTagIndexed] of states) {
    const request = requestOf({ sysFlag, properties });
    assert.equal(request.queued, queued);
    assert.equal(request.keyHashes.length, keys);
    assert.equal(request.tagHash() >= 0, isTagIndexed);
  }
});

Deno.test("DispatchRequest: a delayed message has its delivery time for a tags code", () => {
  const tagsCode = (level: string, topic = SCHEDULE_TOPIC) => {
    const properties = formatProperties([["DELAY", level], ["TAGS", "a"]]);
    return requestOf({ topic, properties, storeTimestamp: 1_000_000 }).tagsCode;
  };
  const plain = stringHash("a");
  assert.equal(tagsCode("1"), 1_000_000 + 1_000);
  assert.equal(tagsCode("3"), 1_000_000 + 10_000);
  assert.equal(tagsCode("18"), 1_000_000 + 7_200_000);
  assert.equal(tagsCode("99"), tagsCode("18"));
  for (const level of ["0", "-1", "x", "1x"]) assert.equal(tagsCode(level), plain, level);
  assert.equal(tagsCode("3", "Other"), plain);
});

Deno.test("deliverTime() has a second for a level nobody knows", () => {
  assert.equal(deliverTime(1, 500, []), 1500);
  assert.equal(DELAY_LEVELS_MS.length, 18);
  assert.equal(deliverTime(2, 500, [10, 20]), 520);
});

Deno.test("DispatchRequest: topic and tag keep a byte order mark, as Java does", () => {
  const request = withProperties([["TAGS", "\ufeffa"], ["KEYS", "\ufeffk"]], "\ufeffT");
  assert.equal(request.topic, "\ufeffT");
  assert.equal(request.tagsCode, stringHash("\ufeffa"));
  assert.deepEqual(request.keyHashes, [keyHash("\ufeffT", "\ufeffk")]);
});

Deno.test("DispatchRequest: names and keys beyond ASCII have Java's hashes", () => {
  const request = withProperties([["KEYS", "schlüssel 钥匙 🔑"], ["TAGS", "标签"]], "%RETRY%主题");
  const keys = ["schlüssel", "钥匙", "🔑"].map((key) => keyHash("%RETRY%主题", key));
  assert.deepEqual(request.keyHashes, keys);
  assert.equal(request.tagsCode, stringHash("标签"));
});

Deno.test("DispatchRequest: one string stands for all records of a topic, equal hashes apart", () => {
  // `Aa` and `BB` have the same hash.
  const names = ["TopicAa", "TopicBB", "TopicAa"];
  const request = new DispatchRequest();
  for (const topic of names) {
    const message = sampleMessage({ topic, properties: "KEYS\u0001k\u0002" });
    const record = new RecordView();
    record.attach(recordBytes(message));
    record.load(0, message.totalSize);
    request.read(record);
    assert.equal(request.topic, topic);
    assert.deepEqual(request.keyHashes, [keyHash(topic, "k")]);
  }
});

Deno.test("DispatchRequest reads a record with a long topic", () => {
  const topic = `%RETRY%${"g".repeat(200)}`;
  assert.equal(requestOf({ topic, magic: MAGIC.v2 }).topic, topic);
});

Deno.test("mayBeLight() says of a record what the request says that was read from it", () => {
  const text = fc.string({ maxLength: 12 });
  const name = fc.oneof(text, fc.constantFrom("I", "INNER_MULTI_QUEUE_OFFSET", "TAGS", "AI"));
  const pairs = fc.array(fc.tuple(name, text), { maxLength: 8 });
  const record = new RecordView();
  const request = new DispatchRequest();
  const found = { light: 0, other: 0 };
  fc.assert(fc.property(pairs, (all) => {
    const properties = all.map(([key, value]) => `${key}\u0001${value}\u0002`).join("");
    record.attach(recordBytes(sampleMessage({ properties })));
    assert.equal(record.load(0, record.bytes.length), undefined);
    request.read(record);
    assert.equal(mayBeLight(record), request.mayBeLight);
    found[request.mayBeLight ? "light" : "other"]++;
  }));
  assert(found.light > 0 && found.other > 0);
});

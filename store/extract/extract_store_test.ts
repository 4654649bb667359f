import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { verifyStore } from "../check/verify.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import type { FileSystem } from "../file.ts";
import { propertiesOf, topicOf } from "../record_text.ts";
import type { RecordView } from "../record_view.ts";
import { listSegments } from "../segments.ts";
import { extractStore } from "./extract_store.ts";

/** Records of a log without what a copy may change, in order. */
function contents(fs: FileSystem, folder: string, wants = (_: RecordView) => true): string[] {
  const scan = new CommitLogScan(fs, listSegments(fs, folder));
  const found: string[] = [];
  while (scan.next()) {
    if (scan.kind !== "message" || !wants(scan.record)) continue;
    const { bytes, at, bodyAt, size } = scan.record;
    const time = scan.record.storeTimestamp();
    const rest = Buffer.from(bytes.subarray(bodyAt, at + size)).toString("base64");
    found.push(`${topicOf(scan.record)}/${scan.record.queueId()} ${time} ${rest}`);
  }
  return found;
}

/** Codes of what is wrong with a store. */
async function foundIn(fs: FileSystem, root: string): Promise<string[]> {
  const codes: string[] = [];
  for await (const item of verifyStore(fs, root)) {
    if (item.kind === "finding") codes.push(item.code);
  }
  return codes;
}

Deno.test("extractStore() of every store makes one that verifies clean, message for message", async () => {
  for (const name of storeNames()) {
    const fs = storeInMemory(name);
    const before = new Map(fs.snapshot());
    const wants = (record: RecordView) => topicOf(record) === "T_tags";
    const { messages } = await extractStore(fs, "store", "copy", { wants });
    assert.deepEqual(await foundIn(fs, "copy"), [], name);
    const copied = contents(fs, "copy/commitlog");
    assert.equal(copied.length, messages, name);
    // Sealed records differ in their seals.
    if (!name.includes("-crc-")) {
      assert.deepEqual(copied, contents(fs, "store/commitlog", wants), name);
    }
    fs.remove("copy");
    assert.deepEqual(new Map(fs.snapshot()), before, `${name} was written to`);
  }
});

Deno.test("extractStore() keeps the indexes of a queue that is taken from a place on", async () => {
  const small = new SmallStore();
  const places = Array.from({ length: 30 }, (_, number) => {
    return small.add({ queueId: number % 3, properties: `KEYS\u0001k${number}\u0002` });
  });
  small.save();
  const { files: fs } = small;
  const from = places[15]!.at;
  const outcome = await extractStore(fs, "store", "copy", {
    wants: (record) => record.physicalOffset() >= from,
  });
  assert.deepEqual([outcome.messages, outcome.renumberedQueues], [15, 0]);
  const scan = new CommitLogScan(fs, listSegments(fs, "copy/commitlog"));
  for (let number = 15; scan.next() && scan.kind === "message"; number++) {
    assert.equal(scan.record.queueOffset(), Math.floor(number / 3));
  }
  scan.close();
  assert.deepEqual(await foundIn(fs, "copy"), []);
});

Deno.test("extractStore() closes the gaps it makes, and drops offsets that lost their meaning", async () => {
  const small = new SmallStore();
  for (let number = 0; number < 30; number++) {
    small.add({ queueId: number % 2, properties: `KEYS\u0001k${number}\u0002` });
  }
  small.save();
  const { files: fs } = small;
  fs.put(
    "store/config/consumerOffset.json",
    Buffer.from('{"offsetTable":{"TopicTest@G":{0:9,1:20},"Other@G":{0:1}}}'),
  );
  const outcome = await extractStore(fs, "store", "copy", {
    // All of queue 1, and every other message of queue 0.
    wants: (record) => record.queueId() === 1 || record.queueOffset() % 2 === 0,
  });
  assert.deepEqual([outcome.messages, outcome.renumberedQueues], [23, 1]);
  assert.deepEqual(await foundIn(fs, "copy"), []);
  const offsets = new TextDecoder().decode(fs.snapshot().get("copy/config/consumerOffset.json"));
  assert.match(offsets, /"TopicTest@G":\s*\{\s*1:\s*15\s*\}/);
  assert.doesNotMatch(offsets, /Other/);
});

Deno.test("extractStore() passes over damage and tells of it", async () => {
  const fs = storeInMemory("5.5.0-c-flip-102-first");
  const outcome = await extractStore(fs, "store", "copy");
  assert.deepEqual([outcome.messages, outcome.damagedBytes], [447, 466]);
  assert.deepEqual(await foundIn(fs, "copy"), []);
});

Deno.test("extractStore() leaves nothing behind where it cannot go on", async () => {
  const fs = storeInMemory("5.5.0-a-clean-102");
  await assert.rejects(extractStore(fs, "store", "store"), /exists already/);
  const stop = AbortSignal.abort(new Error("enough"));
  const files = new Map(fs.snapshot());
  const openWrite = fs.openWrite.bind(fs);
  fs.openWrite = (path) => {
    if (path.includes("consumequeue")) throw new Error("Cannot write: no room");
    return openWrite(path);
  };
  await assert.rejects(extractStore(fs, "store", "copy"), /no room/);
  assert.deepEqual(new Map(fs.snapshot()), files);
  fs.openWrite = openWrite;
  await assert.rejects(extractStore(fs, "store", "copy", { signal: stop }), /enough/);
  assert.equal(fs.stat("copy"), undefined);
});

Deno.test("extractStore() takes records of deleted topics only when told to", async () => {
  const fs = storeInMemory("5.5.0-a-clean-102");
  const wants = (record: RecordView) => propertiesOf(record).length > 0;
  const without = await extractStore(fs, "store", "copy", { wants });
  assert(without.deleted > 0);
  const withThem = await extractStore(fs, "store", "other", { wants, deletedTopics: true });
  assert.equal(withThem.messages, without.messages + without.deleted);
  assert.deepEqual(await foundIn(fs, "other"), []);
});

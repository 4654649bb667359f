/**
 * Every killed or damaged store that Java started on is given to {@linkcode recoverAsJava}, and what
 * comes out is compared with the tree Java left: byte for byte, the names of new index files apart,
 * which are Java's clock.
 *
 * @module
 */
import assert from "node:assert/strict";
import { hasTreeAfterJava, readTruth, storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { copyOf, differences } from "../../testdata/store_bytes.ts";
import { checkpointPage, emptyCheckpoint } from "../checkpoint.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { INDEX_HEADER } from "../format.ts";
import { OverlayFiles } from "../repair/overlay_files.ts";
import { type JavaRecoveryReport, recoverAsJava } from "./java_recovery.ts";
import type { JavaRelease } from "./java_release.ts";

/** What the brokers were set to, and a clock behind all that is recorded. */
const OPTIONS = {
  queueFileUnits: 60,
  indexGeometry: { slots: 100, entries: 400 },
  now: () => Date.UTC(2027, 0, 1),
};

/** Stores of Java, and what a start on them costs: messages, those in no queue, wrong indexes. */
const LOSSES: Readonly<Record<string, string>> = {
  "4.2.0-b-kill-start-103": "5 → 5",
  "4.9.7-b-kill-load-101": "401 → 401",
  "4.9.7-b-kill-second-101": "465 → 465",
  "4.9.7-b-kill-start-101": "5 → 5",
  "4.9.7-d-byhand-101": "255 → 255",
  "5.5.0-b-kill-load-102": "366 → 366",
  "5.5.0-b-kill-second-102": "455 → 455",
  "5.5.0-b-kill-start-102": "5 → 5",
  "5.5.0-c-damage-102-cqbehind": "445 → 445",
  // The queues of a store that looks cleanly stopped are taken for complete up to their farthest.
  "5.5.0-c-damage-102-noabort-cqbehind": "445 → 445, 24 in no queue, 16 at a wrong index",
  "5.5.0-c-damage-102-noabort-nocq": "445 → 445",
  "5.5.0-c-damage-102-nocheckpoint": "445 → 445",
  "5.5.0-c-damage-102-nocq": "445 → 445",
  "5.5.0-c-damage-102-noindex": "445 → 445",
  "5.5.0-c-damage-102-short": "445 → 445, refused",
  "5.5.0-c-damage-102-torn": "437 → 437",
  // One flipped bit in a body: all behind it is gone.
  "5.5.0-c-flip-102-first": "447 → 66",
  "5.5.0-c-flip-102-last": "447 → 427",
  "5.5.0-c-flip-102-last-noabort": "447 → 427",
  "5.5.0-d-expire-102": "177 → 177",
  "5.5.0-e-bcq-kill-102": "175 → 175",
};

/** Bytes of index files that are not as Java left them: number of the file, position, reason. */
const INDEX_EXCEPTIONS: Readonly<Record<string, readonly [number, number][]>> = {
  // The last file was made for a record that then had no key to put: its count stands in memory
  // until the broker stops, which the tree shows and a start does not.
  "5.5.0-c-flip-102-first": [[3, INDEX_HEADER.at.indexCount + 3]],
};

function releaseOf(name: string): JavaRelease {
  return name.startsWith("4.2") ? "4.2" : name.startsWith("4.9") ? "4.9" : "5.x";
}

function lossOf(report: JavaRecoveryReport): string {
  const { messagesBefore, messagesAfter, inNoQueue, atWrongIndex, keysLost, refusal } = report;
  return [
    `${messagesBefore} → ${messagesAfter}`,
    ...(inNoQueue > 0 ? [`${inNoQueue} in no queue`] : []),
    ...(atWrongIndex > 0 ? [`${atWrongIndex} at a wrong index`] : []),
    ...(keysLost > 0 ? [`${keysLost} keys lost`] : []),
    ...(refusal === undefined ? [] : ["refused"]),
  ].join(", ");
}

const INDEX = "store/index/";
const COMPARED = /^store\/(commitlog|consumequeue|batchconsumequeue)\//;

/** Index files in the order of their names. */
function indexFiles(files: MemoryFiles): Uint8Array[] {
  const found = [...files.snapshot()].filter(([path]) => path.startsWith(INDEX));
  return found.sort(([a], [b]) => a < b ? -1 : 1).map(([, bytes]) => bytes);
}

/** File numbers and positions at which the index is not the same. */
function indexDifferences(one: MemoryFiles, other: MemoryFiles): [number, number][] {
  const files = indexFiles(one);
  const others = indexFiles(other);
  assert.equal(files.length, others.length, "as many index files");
  return files.flatMap((bytes, number) =>
    [...bytes.keys()].filter((at) => bytes[at] !== others[number]![at])
      .map((at): [number, number] => [number, at])
  );
}

Deno.test("the losses are told of every store that has a tree of Java", () => {
  assert.deepEqual(Object.keys(LOSSES).sort(), storeNames().filter(hasTreeAfterJava));
});

for (const [name, loss] of Object.entries(LOSSES)) {
  Deno.test(`recoverAsJava leaves ${name} as Java left it`, async () => {
    const files = storeInMemory(name);
    const java = storeInMemory(name, "after-java-recovery");
    const report = await recoverAsJava(files, "store", releaseOf(name), OPTIONS);
    const different = differences(files.snapshot(), java.snapshot());
    assert.deepEqual(different.filter((path) => COMPARED.test(path)), []);
    assert.deepEqual(indexDifferences(files, java), INDEX_EXCEPTIONS[name] ?? []);
    assert.equal(lossOf(report), loss);
    const truth = readTruth(name);
    if (!truth.javaLoad) return;
    assert.equal(report.end, truth.maxPhyOffset);
    assert.equal(report.messagesAfter, truth.log.length);
    assert.equal(report.stoppedCleanly, !truth.abortPresentBefore);
    // Index files are missing on both sides in the same number; their names are Java's clock.
    const gone = [...storeInMemory(name).snapshot().keys()].filter((path) => {
      return !files.snapshot().has(path);
    });
    assert.deepEqual([...report.deleted].filter((path) => gone.includes(path)).sort(), gone.sort());
  });

  Deno.test(`recoverAsJava over an overlay leaves ${name} untouched`, async () => {
    const files = storeInMemory(name);
    const before = copyOf(files);
    const release = releaseOf(name);
    const planned = await recoverAsJava(new OverlayFiles(files), "store", release, OPTIONS);
    assert.deepEqual(differences(files.snapshot(), before.snapshot()), []);
    assert.deepEqual(planned, await recoverAsJava(files, "store", release, OPTIONS));
  });
}

/** A store of six files with a message of a key in each kilobyte, killed. */
function killedStore(): SmallStore {
  const store = new SmallStore({ segmentBytes: 1024 });
  for (let number = 0; number < 12; number++) {
    const properties = `KEYS\u0001key-${number}\u0002`;
    store.add({ properties, body: new Uint8Array(300).fill(number) });
  }
  store.save();
  store.files.put("store/abort", new Uint8Array(0));
  return store;
}

Deno.test("an index file deleted at start takes the keys of records that are not read again", async () => {
  for (const release of ["4.9", "5.x"] as const) {
    const store = killedStore();
    store.files.remove("store/checkpoint");
    const whole = await recoverAsJava(store.files, "store", release);
    assert.equal(whole.keysLost, 0, "read from the first file on");
    const late = killedStore();
    // All was flushed a moment ago, but no index file is complete.
    const times = { physicMsgTimestamp: LATE, logicsMsgTimestamp: LATE };
    late.files.put("store/checkpoint", checkpointPage({ ...emptyCheckpoint(), ...times }));
    const report = await recoverAsJava(late.files, "store", release);
    assert.equal(report.messagesAfter, 12);
    assert(report.keysLost > 0 && report.keysLost < 12, `${report.keysLost} keys lost`);
    assert.equal(report.keysLost + report.dispatched, 12);
  }
});

const LATE = 1_800_000_000_000;

Deno.test("a store without a log loses its queues, after a clean stop of 4.2 apart", async () => {
  for (const [release, abort, deleted] of EMPTY_LOGS) {
    const { files } = killedStore();
    files.remove("store/commitlog");
    if (!abort) files.remove("store/abort");
    const report = await recoverAsJava(files, "store", release);
    const queues = report.deleted.filter((path) => path.startsWith("store/consumequeue/"));
    assert.equal(queues.length > 0, deleted, `${release}, abort ${abort}`);
    assert.equal(files.list("store/consumequeue/TopicTest/0").length === 0, deleted);
    assert.equal(report.startFile, undefined);
  }
});

const EMPTY_LOGS = [
  ["4.2", true, true],
  ["4.2", false, false],
  ["4.9", true, true],
  ["4.9", false, true],
  ["5.x", true, true],
  ["5.x", false, true],
] as const;

Deno.test("recoverAsJava refuses queues in RocksDB, which it cannot read", async () => {
  const files = storeInMemory("5.5.0-e-rocksdb-102");
  await assert.rejects(recoverAsJava(files, "store", "5.x"), /its queues are a RocksDB database/);
});

Deno.test("a 5.x that asks for seals keeps a sealed log, and finds nothing in one without", async () => {
  const kept = async (name: string, release: JavaRelease, forceVerifyPropCRC: boolean) => {
    const files = storeInMemory(name);
    files.put("store/abort", new Uint8Array(0));
    const options = { ...OPTIONS, forceVerifyPropCRC };
    const report = await recoverAsJava(files, "store", release, options);
    return report.messagesAfter / report.messagesBefore;
  };
  assert.equal(await kept("5.5.0-e-crc-202", "5.x", true), 1);
  assert.equal(await kept("5.5.0-e-ipv6-102", "5.x", false), 1);
  assert.equal(await kept("5.5.0-e-ipv6-102", "5.x", true), 0);
});

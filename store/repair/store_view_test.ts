import assert from "node:assert/strict";
import { type QueuedMessage, soundMessages } from "../../testdata/served.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { openStore } from "../../testdata/open_store.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { STORE_CASES, type StoreCase } from "../../testdata/store_cases.ts";
import { listSegments } from "../segments.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { readI64 } from "../layout.ts";
import { MESSAGE_V1 } from "../format.ts";
import { storePaths } from "../names.ts";
import { RecordView } from "../record_view.ts";
import type { Store } from "../store.ts";
import { OverlayFullError } from "./overlay_files.ts";
import { type ViewOptions, viewStore } from "./store_view.ts";

/** Topics of which one record is several messages; what they serve is compared with Java's word. */
const WITH_BATCHES = new Set(["5.5.0-e-bcq-102", "5.5.0-e-bcq-kill-102"]);

/** Log offsets of all messages of a queue in the order in which a consumer gets them. */
async function consumed(store: Store, topic: string, queueId: number): Promise<number[]> {
  const offsets: number[] = [];
  const record = new RecordView();
  let { min: queueOffset, max } = store.queueRange(topic, queueId)!;
  while (queueOffset < max) {
    const { body, nextBeginOffset } = await store.get({
      topic,
      queueId,
      queueOffset,
      countMax: 32,
    });
    record.attach(body);
    for (let at = 0; at < body.length; at += record.size) {
      assert.equal(record.load(at, body.length), undefined);
      assert.equal(record.checkBody(), undefined, "a damaged body is not served");
      offsets.push(readI64(record.view, at + MESSAGE_V1.at.physicalOffset));
    }
    assert(nextBeginOffset > queueOffset, `${topic}/${queueId} stands still at ${queueOffset}`);
    queueOffset = nextBeginOffset;
  }
  return offsets;
}

/** Everything a view serves: the log offsets of each queue, by `topic/queueId`. */
async function served(files: MemoryFiles, options: ViewOptions): Promise<Map<string, number[]>> {
  const before = new Map(files.snapshot());
  const view = await viewStore(files, "store", options);
  const found = new Map<string, number[]>();
  {
    await using store = await openStore(view.files, { checksRecords: true });
    for (const topic of new Set(store.topics())) {
      for (const queueId of store.queueIds(topic)) {
        const offsets = await consumed(store, topic, queueId);
        if (offsets.length > 0) found.set(`${topic}/${queueId}`, offsets);
      }
    }
  }
  assert.deepEqual(differences(before, files.snapshot()), [], "nothing is written");
  return found;
}

/** What must be served: every sound message of the log that belongs into a queue. */
function wanted(
  files: MemoryFiles,
  isWanted: (it: QueuedMessage) => boolean,
): Map<string, number[]> {
  const queues = new Map<string, number[]>();
  for (const { topic, queueId, physicalOffset } of soundMessages(files).filter(isWanted)) {
    const name = `${topic}/${queueId}`;
    queues.set(name, [...queues.get(name) ?? [], physicalOffset]);
  }
  return queues;
}

function sorted(queues: ReadonlyMap<string, readonly number[]>): [string, readonly number[]][] {
  return [...queues].sort(([one], [other]) => one < other ? -1 : 1);
}

for (const store of STORE_CASES) {
  Deno.test(`viewStore() of ${store.name} serves every sound message once, and writes nothing`, async () => {
    const files = storeInMemory(store.name);
    const found = await served(files, {});
    if (!WITH_BATCHES.has(store.name)) {
      // Its properties are zeros: the last record of an unclean stop was not written whole.
      const sound = wanted(files, (it) => it.physicalOffset !== store.tornRecord);
      assert.deepEqual(sorted(found), sorted(sound));
    }
    assert.deepEqual(notInTruth(store, found), []);
  });
}

/** Messages that Java serves and the view does not, or elsewhere. */
function notInTruth(
  { name, described, isRocksDb, tornRecord }: StoreCase,
  found: Map<string, number[]>,
): string[] {
  if (described === undefined || isRocksDb === true) return [];
  return readTruth(name).queues.flatMap(({ topic, queueId, messages }) => {
    const offsets = new Set(found.get(`${topic}/${queueId}`));
    return messages.flatMap(([index, at]) =>
      offsets.has(at!) || at === tornRecord ? [] : [`${topic}/${queueId}: ${index} at ${at}`]
    );
  });
}

Deno.test("viewStore() without a repair leaves all to the start, and no damaged record is served", async () => {
  for (const { name, isRocksDb } of STORE_CASES) {
    if (isRocksDb === true || WITH_BATCHES.has(name)) continue;
    const files = storeInMemory(name);
    const found = await served(files, { repair: "never" });
    const sound = new Set(soundMessages(files).map(({ physicalOffset }) => physicalOffset));
    for (const at of [...found.values()].flat()) assert(sound.has(at), `${name}: ${at}`);
  }
});

/** A sound store with five log files. */
function smallStore(): MemoryFiles {
  return new SmallStore({ segmentBytes: 2048 }).addMany(60, { properties: "KEYS\u0001k\u0002" })
    .save().files;
}

/** Looks at a store whose log counts as large; whether and why it is read through. */
async function whyRepaired(files: MemoryFiles, options: ViewOptions = {}): Promise<string[]> {
  const reasons: string[] = [];
  const onRepair = (reason: string) => void reasons.push(reason);
  const { repair } = await viewStore(files, "store", { wholeLogBytesMax: 0, onRepair, ...options });
  assert.equal(repair === undefined, reasons.length === 0);
  return reasons;
}

Deno.test("viewStore() reads a large log through only where a quick look finds damage, or when asked", async () => {
  assert.deepEqual(await whyRepaired(smallStore()), []);
  assert.deepEqual(await whyRepaired(smallStore(), { repair: "always" }), ["as asked"]);
  assert.deepEqual(await whyRepaired(smallStore(), { wholeLogBytesMax: 10 ** 6 }), [
    "its log is small (0.0 MiB)",
  ]);
  const damaged = smallStore();
  damaged.remove("store/consumequeue/TopicTest/0/00000000000000000200");
  const [reason] = await whyRepaired(damaged);
  assert.match(reason!, /^store\/consumequeue\/TopicTest\/0/);
  assert.deepEqual(await whyRepaired(damaged, { isLive: true }), []);
  assert.deepEqual(await whyRepaired(damaged, { repair: "never" }), []);
  const strange = smallStore();
  strange.put("store/commitlog/notes.txt", new Uint8Array(1));
  strange.put("store/config/topics.json", new TextEncoder().encode("{"));
  assert.deepEqual(await whyRepaired(strange), [], "what a start does without is no reason");
});

Deno.test("viewStore() serves a queue in full whose middle file is gone", async () => {
  const files = smallStore();
  files.remove("store/consumequeue/TopicTest/0/00000000000000000200");
  const found = await served(files, { wholeLogBytesMax: 0 });
  assert.deepEqual(found, wanted(files, () => true));
});

Deno.test("A store on a view without a repair passes over a record with a wrong byte, and serves those behind", async () => {
  const sound = smallStore();
  const all = wanted(sound, () => true).get("TopicTest/0")!;
  const segment = listSegments(sound, storePaths("store").commitLogs).segments[0]!;
  const record = new RecordView();
  record.attach(sound.snapshot().get(segment.path)!);
  assert.equal(record.load(all[2]!, all[3]!), undefined);
  const { at, bodyAt } = record;
  const { totalSize, magic, bodyCRC, physicalOffset } = MESSAGE_V1.at;
  for (const place of [at + totalSize + 3, at + magic, at + bodyCRC, at + physicalOffset, bodyAt]) {
    const files = smallStore();
    files.flip(segment.path, place);
    const found = await served(files, { repair: "never" });
    assert.deepEqual(found.get("TopicTest/0"), all.filter((_, nth) => nth !== 2), `byte ${place}`);
    const view = await viewStore(files, "store", { repair: "never" });
    await using store = await openStore(view.files, { checksRecords: true });
    assert.equal(store.recordAt(all[2]!), undefined, "neither by its place");
    assert.notEqual(store.recordAt(all[3]!), undefined);
  }
});

Deno.test("viewStore() ends where the memory it may take does, and says how much that is", async () => {
  const files = smallStore();
  files.remove("store/consumequeue");
  await assert.rejects(
    viewStore(files, "store", { bytesMax: 8192 }),
    (error) => error instanceof OverlayFullError && error.bytesMax === 8192,
  );
  assert((await viewStore(files, "store", { bytesMax: 10 ** 6 })).files.bytesHeld > 0);
});

Deno.test("viewStore() ends when it is told to, and says what is no store", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(viewStore(smallStore(), "store", { signal }), /enough/);
  const queuesOnly = smallStore();
  queuesOnly.remove("store/commitlog");
  const { files } = await viewStore(queuesOnly, "store");
  await assert.rejects(openStore(files), /has messages, but "store\/commitlog" has no files/);
});

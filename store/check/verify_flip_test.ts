/**
 * One flipped byte at a time, at seeded places of stores that Java wrote: `mq verify` must tell of it,
 * or the byte is of those that nothing else in a store speaks of. Those are listed here and promised
 * in the documentation of `verifyStore()`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import process from "node:process";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { foundIn } from "../../testdata/verified.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import type { MemoryFiles } from "../file_memory.ts";
import {
  BATCH_QUEUE_UNIT,
  CHECKPOINT,
  INDEX_ENTRY,
  INDEX_HEADER,
  MAGIC,
  MESSAGE_V1,
  MESSAGE_V2,
  QUEUE_EXT_UNIT,
  QUEUE_PADDING,
  QUEUE_UNIT,
} from "../format.ts";
import { listSegments } from "../segments.ts";
import type { VerifyDepth } from "./summary.ts";

const SEED = Number(process.env.SEED ?? 20_261_121);
const CLEAN = "5.5.0-a-clean-102";
const SMALL = "5.5.0-f-ha-102-slave";

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A run of bytes and what they are. */
interface Span {
  readonly path: string;
  readonly at: number;
  readonly length: number;
  readonly name: string;
}

interface Column {
  readonly at: Readonly<Record<string, number>>;
  readonly size: number;
}

/** The fields of a table of fixed length. */
function fields(
  path: string,
  at: number,
  { table, name }: { table: Column; name: string },
): Span[] {
  const columns = Object.entries(table.at);
  return columns.map(([field, from], number) => {
    const to = columns[number + 1]?.[1] ?? table.size;
    return { path, at: at + from, length: to - from, name: `${name} ${field}` };
  });
}

/** Everything in a log but its zeros at the end. */
function logSpans(files: MemoryFiles, store: string): Span[] {
  const queued = new Set(readTruth(store).queues.flatMap((it) => it.cq.map((unit) => unit[1])));
  const spans: Span[] = [];
  const bytes = files.snapshot();
  const scan = new CommitLogScan(files, listSegments(files, "store/commitlog"));
  for (; scan.next();) {
    const { path, start } = scan.segment!;
    const at = scan.at - start;
    if (scan.kind === "message") {
      spans.push(...recordSpans(bytes.get(path)!, { path, at, isQueued: queued.has(scan.at) }));
    } else if (scan.kind === "blank") {
      spans.push({ path, at, length: 8, name: "blank" });
      spans.push({ path, at: at + 8, length: scan.length - 8, name: "blank's rest" });
    } else spans.push({ path, at, length: 65_536 - at, name: "log's end" });
  }
  return spans.filter((it) => it.length > 0);
}

function recordSpans(
  bytes: Uint8Array,
  { path, at, isQueued }: { path: string; at: number; isQueued: boolean },
): Span[] {
  const view = new DataView(bytes.buffer);
  const table = view.getInt32(at + 4) === MAGIC.v2 ? MESSAGE_V2 : MESSAGE_V1;
  const spans: Span[] = [];
  for (const field of table.walk(view, at)) {
    const { name, length } = field;
    if (name === "properties") spans.push(...propertySpans(path, bytes, field));
    else if (name === "sysFlag") continue; // Bit by bit below.
    else if (name === "storeTimestamp") {
      // Two bytes are a minute: less may be seen or not.
      spans.push({ path, at: field.at, length: 6, name: "record storeTimestamp" });
      spans.push({
        path,
        at: field.at + 6,
        length: 2,
        name: "record storeTimestamp's last minute",
      });
    } else if (/^queue(Id|Offset)$/.test(name) && !isQueued) {
      spans.push({ path, at: field.at, length, name: `record ${name} in no queue` });
    } else spans.push({ path, at: field.at, length, name: `record ${name}` });
  }
  return spans;
}

// deno-lint-ignore no-control-regex -- pairs end with this character
const PAIRS = /[^\u0002]*\u0002|[^\u0002]+/g;

function propertySpans(
  path: string,
  bytes: Uint8Array,
  { at, length }: { at: number; length: number },
): Span[] {
  const text = new TextDecoder("latin1").decode(bytes.subarray(at + 2, at + length));
  const spans = [{ path, at, length: 2, name: "record properties' length" }];
  let from = at + 2;
  for (const pair of text.match(PAIRS) ?? []) {
    const [name] = pair.split("\u0001");
    const known = /^(TAGS|KEYS|UNIQ_KEY|INNER_NUM|INNER_BASE)$/.test(name!);
    spans.push({ path, at: from, length: pair.length, name: `property ${known ? name : "other"}` });
    from += pair.length;
  }
  return spans;
}

const PADDING = Buffer.alloc(QUEUE_UNIT.size);
QUEUE_UNIT.write(new DataView(PADDING.buffer, PADDING.byteOffset), 0, QUEUE_PADDING);

/** Units of queues, of both kinds, those in use apart from those that are zero. */
function unitSpans(files: MemoryFiles, folder: string, table: Column, name: string): Span[] {
  return [...files.snapshot()].filter(([path]) => path.includes(`/${folder}/`))
    .flatMap(([path, bytes]) => {
      const count = Math.floor(bytes.length / table.size);
      return Array.from({ length: count }, (_, number) => number * table.size).flatMap((at) => {
        const unit = bytes.subarray(at, at + table.size);
        if (PADDING.equals(unit)) return fields(path, at, { table, name: "padding" });
        const isUsed = unit.some((byte) => byte !== 0);
        return fields(path, at, { table, name: isUsed ? name : `unused ${name}` });
      });
    });
}

function indexSpans(files: MemoryFiles): Span[] {
  return [...files.snapshot()].filter(([path]) => path.includes("/index/"))
    .flatMap(([path, bytes]) => {
      const used = new DataView(bytes.buffer).getInt32(INDEX_HEADER.at.indexCount);
      const spans = fields(path, 0, { table: INDEX_HEADER, name: "index" });
      spans.push({ path, at: 40, length: 400, name: "index slots" });
      for (let number = 0; number < 400; number++) {
        const isUsed = number > 0 && number < used;
        const name = isUsed ? "index entry" : "unused index entry";
        spans.push(...fields(path, 440 + 20 * number, { table: INDEX_ENTRY, name }));
      }
      return spans;
    });
}

function extSpans(files: MemoryFiles): Span[] {
  return [...files.snapshot()].filter(([path]) => path.includes("/consumequeue_ext/"))
    .flatMap(([path, bytes]) => {
      const view = new DataView(bytes.buffer);
      const spans: Span[] = [];
      let at = 0;
      for (let size = view.getInt16(0); size > 0; size = view.getInt16(at)) {
        for (const field of QUEUE_EXT_UNIT.walk(view, at)) {
          if (field.name !== "bitMap") spans.push({ path, ...field, name: `ext ${field.name}` });
          else {
            spans.push({ path, at: field.at, length: 2, name: "ext bitMap's length" });
            const { at: from, length } = field;
            spans.push({ path, at: from + 2, length: length - 2, name: "ext bitMap" });
          }
        }
        at += size;
      }
      return spans.filter((it) => it.length > 0);
    });
}

/** What is flipped, and what of it may stay unseen. */
interface Flips {
  readonly store: string;
  readonly spans: (files: MemoryFiles) => readonly Span[];
  readonly count: number;
  /** Names of which no flip, or not every one, is seen. All others are seen at every flip. */
  readonly unseen: readonly string[];
}

/** Flips bytes one at a time; returns the names of those that nobody noticed, with the places. */
async function unnoticed({ store, spans, count }: Flips): Promise<Map<string, string>> {
  const files = storeInMemory(store);
  const all = spans(files);
  const random = randomOf(SEED);
  const pick = (size: number) => Math.floor(random() * size);
  // Names take turns, so that rare ones are tried as often as bodies.
  const names = [...new Set(all.map((it) => it.name))];
  const byName = names.map((name) => all.filter((it) => it.name === name));
  const sound = (await foundIn(files)).join("\n");
  const missed = new Map<string, string>();
  for (let nth = 0; nth < count; nth++) {
    const group = byName[nth % byName.length]!;
    const { path, at, length, name } = group[pick(group.length)]!;
    const position = at + pick(length);
    const mask = 1 + pick(255);
    files.flip(path, position, mask);
    if ((await foundIn(files)).join("\n") === sound) {
      missed.set(name, `${path} at ${position}, mask ${mask}, seed ${SEED}`);
    }
    files.flip(path, position, mask);
  }
  return missed;
}

async function check(flips: Flips): Promise<void> {
  const missed = await unnoticed(flips);
  for (const [name, place] of missed) {
    assert(flips.unseen.includes(name), `${name} changed unseen: ${place}`);
  }
  for (const name of flips.unseen) assert(missed.has(name), `${name} need not be on the list`);
}

Deno.test("verifyStore() sees every changed byte of a log but those nothing else speaks of", async () => {
  await check({
    store: CLEAN,
    spans: (files) => logSpans(files, CLEAN),
    count: 800,
    unseen: [
      "record flag",
      "record bornTimestamp",
      "record bornHost",
      "record storeHost",
      "record reconsumeTimes",
      "record preparedTransactionOffset",
      "record storeTimestamp's last minute",
      "record queueId in no queue",
      "record queueOffset in no queue",
      "property other",
      "blank's rest",
    ],
  });
});

Deno.test("verifyStore() sees changed flags that something depends on", async () => {
  const files = storeInMemory(CLEAN);
  const seen = async (depth: VerifyDepth) => {
    const sound = await foundIn(files, { depth });
    const bits: number[] = [];
    for (let bit = 0; bit < 32; bit++) {
      const at = MESSAGE_V1.at.sysFlag + 3 - Math.floor(bit / 8);
      files.flip(`store/commitlog/${"0".repeat(20)}`, at, 1 << (bit % 8));
      if ((await foundIn(files, { depth })).length > sound.length) bits.push(bit);
      files.flip(`store/commitlog/${"0".repeat(20)}`, at, 1 << (bit % 8));
    }
    return bits;
  };
  // Whether it is in a queue; addresses; a batch. Then whether the body is compressed.
  assert.deepEqual(await seen("quick"), [4, 5]);
  assert.deepEqual(await seen("default"), [2, 4, 5, 6, 7]);
  assert.deepEqual(await seen("deep"), [0, 2, 4, 5, 6, 7]);
});

Deno.test("verifyStore() sees every changed byte of records that carry a checksum", async () => {
  const store = "5.5.0-e-crc-202";
  await check({
    store,
    spans: (files) => logSpans(files, store),
    count: 400,
    unseen: ["blank's rest"],
  });
});

Deno.test("verifyStore() sees what the record of a batch says about it", async () => {
  const store = "5.5.0-e-bcq-102";
  const names = /INNER|queueOffset$|queueId$/;
  await check({
    store,
    spans: (files) => logSpans(files, store).filter(({ name }) => names.test(name)),
    count: 200,
    unseen: [],
  });
});

Deno.test("verifyStore() sees every changed byte of a consume queue", async () => {
  await check({
    store: SMALL,
    spans: (files) => unitSpans(files, "consumequeue", QUEUE_UNIT, "unit"),
    count: 400,
    // A unit without a record's offset and size is none, whatever else is in it.
    unseen: [
      "unused unit physicalOffset",
      "unused unit size",
      "unused unit tagsCode",
      "padding tagsCode",
    ],
  });
});

Deno.test("verifyStore() sees every changed byte of a batch consume queue that means something", async () => {
  await check({
    store: "5.5.0-e-bcq-102",
    spans: (files) =>
      unitSpans(files, "batchconsumequeue", BATCH_QUEUE_UNIT, "unit")
        .filter(({ name }) => !name.startsWith("unused")),
    count: 240,
    unseen: ["unit compactedOffset", "unit reserved"],
  });
});

Deno.test("verifyStore() sees every changed byte of an extension unit but its bit map", async () => {
  await check({
    store: "5.5.0-e-cqext-102",
    spans: extSpans,
    count: 200,
    unseen: ["ext bitMap"],
  });
});

Deno.test("verifyStore() sees every changed byte of an index in use", async () => {
  await check({
    store: SMALL,
    spans: indexSpans,
    count: 600,
    unseen: [
      "index hashSlotCount",
      "unused index entry keyHash",
      "unused index entry physicalOffset",
      "unused index entry secondsFromBegin",
      "unused index entry prevIndex",
    ],
  });
});

Deno.test("verifyStore() sees a checkpoint that is ahead, and none that lags behind", async () => {
  const files = storeInMemory(CLEAN);
  const sound = await foundIn(files);
  for (const [field, ahead] of Object.entries(CHECKPOINT.at)) {
    const bytes = files.snapshot().get("store/checkpoint")!;
    const set = (value: number) => {
      const changed = bytes.slice();
      new DataView(changed.buffer).setBigInt64(ahead, BigInt(value));
      files.put("store/checkpoint", changed);
    };
    set(0);
    assert.deepEqual(await foundIn(files), sound, `${field} behind`);
    set(2 ** 50);
    const isJudged = field !== "masterFlushedOffset";
    const found = isJudged ? [...sound, `warning checkpoint-ahead checkpoint ${ahead}+8`] : sound;
    assert.deepEqual(await foundIn(files), found, `${field} ahead`);
    files.put("store/checkpoint", bytes);
  }
});

Deno.test("verifyStore() sees every configuration file that cannot be read any more", async () => {
  const files = storeInMemory(CLEAN);
  const sound = await foundIn(files);
  const names = files.list("store/config").filter((name) => name.endsWith(".json"));
  assert(names.length >= 5);
  for (const name of names) {
    const path = `store/config/${name}`;
    const bytes = files.snapshot().get(path)!;
    // The last brace: every byte before it may be one of a name or a number.
    files.cut(path, bytes.length - 1);
    const expected = `warning config-unreadable config/${name} 0+${bytes.length - 1}`;
    assert.deepEqual(new Set(await foundIn(files)), new Set([...sound, expected]));
    files.put(path, bytes);
  }
});

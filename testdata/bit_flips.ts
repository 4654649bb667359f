/**
 * A store of 200 messages whose process was killed, and what a single flipped bit in it costs: for the
 * test that flips some bits, and for the campaign that flips all.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { CommitLogScan } from "../store/commit_log_scan.ts";
import { CHECKPOINT, MESSAGE_V1 } from "../store/format.ts";
import { i32, i64 } from "../store/layout.ts";
import { formatProperties, PROPERTY } from "../store/properties.ts";
import { RecordView } from "../store/record_view.ts";
import { listSegments } from "../store/segments.ts";
import type { Store } from "../store/store.ts";
import { openStore, put } from "./open_store.ts";
import { type DiskImage, PowerLossFiles } from "./power_loss.ts";
import { foundIn } from "./verified.ts";

const MESSAGES = 200;
/** The one topic of the store, and its queues. */
export const TOPIC = "TopicTest";
export const QUEUES = 4;
const CHECKPOINT_PATH = "store/checkpoint";
/** How the store is made and opened. */
export const FLIPPED_STORE = {
  segmentBytes: 16_384,
  queueFileUnits: 30,
  indexGeometry: { slots: 20, entries: 150 },
  recovery: "unclean",
} as const;

/** What flips in one kind of file have cost. */
export interface FlipCount {
  flips: number;
  /** Flips of which the verification told. */
  seen: number;
  /** Flips after which a message was not served where it stood, and the most after one flip. */
  lossy: number;
  lostMax: number;
  /** Flips after which a message was served with something else than its body changed. */
  altered: number;
  /** Flips after which a key led to nothing. */
  keyLossy: number;
}

/** A store, and what flips in it have cost by kind of file. */
export class BitFlips {
  readonly counts: Map<string, FlipCount> = new Map();
  readonly #image: DiskImage;
  /** Records by queue and index. */
  readonly #records: ReadonlyMap<string, Uint8Array>;
  /** What is found where nothing was flipped, by whether there is a checkpoint. */
  readonly #sound = new Map<boolean, string>();

  private constructor(image: DiskImage, records: ReadonlyMap<string, Uint8Array>) {
    this.#image = image;
    this.#records = records;
  }

  /** Makes the store; with `isSealed` every record carries the checksum of 5.2 and later. */
  static async make(isSealed: boolean): Promise<BitFlips> {
    const fs = new PowerLossFiles();
    const store = await openStore(fs, { ...FLIPPED_STORE, now: ticking() });
    const seal = `${PROPERTY.crc32}\u0001${"0".repeat(10)}\u0002`;
    for (let number = 0; number < MESSAGES; number++) {
      const properties = formatProperties([["KEYS", `k${number}`], ["TAGS", "t"], ["a", "b"]]);
      await put(store, {
        queueId: number % QUEUES,
        body: `body ${number}`.padEnd(40 + number % 17, "."),
        properties: isSealed ? properties + seal : properties,
      });
    }
    await store[Symbol.asyncDispose]();
    fs.openWrite("store/abort");
    if (isSealed) sealAll(fs, seal.length);
    const image = fs.image();
    const opened = await openStore(PowerLossFiles.of(copyOf(image)), FLIPPED_STORE);
    const records = await readAll(opened);
    assert.equal(records.size, MESSAGES);
    return new BitFlips(image, records);
  }

  /** Files and the length that is of interest. */
  get files(): { readonly path: string; readonly length: number }[] {
    return this.#image.files.map(([path, { length }]) => {
      return { path, length: path === CHECKPOINT_PATH ? CHECKPOINT.size : length };
    });
  }

  /** Records by queue and index, `2/17`. */
  get records(): ReadonlyMap<string, Uint8Array> {
    return this.#records;
  }

  /** The store, a bit of it flipped. */
  flipped(path: string, at: number, bit: number): DiskImage {
    const image = copyOf(this.#image, believesCheckpoint(path));
    const bytes = image.files.find(([name]) => name === path)![1];
    bytes[at]! ^= 1 << bit;
    return image;
  }

  /**
   * Flips one bit, 0 to 7, of a byte, and counts what it costs; returns how many messages. Throws
   * where the store does not open.
   */
  async flip(path: string, at: number, bit: number): Promise<number> {
    const isBelieved = believesCheckpoint(path);
    let sound = this.#sound.get(isBelieved);
    if (sound === undefined) {
      sound = await findings(copyOf(this.#image, isBelieved));
      this.#sound.set(isBelieved, sound);
    }
    const image = this.flipped(path, at, bit);
    const isSeen = await findings(image) !== sound;
    const store = await openStore(PowerLossFiles.of(image), FLIPPED_STORE);
    const found = await readAll(store);
    let lost = 0;
    let altered = 0;
    for (const [place, record] of this.#records) {
      const served = found.get(place);
      if (served === undefined || !hasBodyOf(served, record)) lost++;
      else if (Buffer.compare(served, record) !== 0) altered++;
    }
    const isKeyLost = path.includes("/index/") && !allKeysLead(store);
    const kind = kindOf(path);
    let count = this.counts.get(kind);
    if (count === undefined) {
      count = { flips: 0, seen: 0, lossy: 0, lostMax: 0, altered: 0, keyLossy: 0 };
      this.counts.set(kind, count);
    }
    count.flips++;
    if (isSeen) count.seen++;
    if (lost > 0) count.lossy++;
    if (altered > 0) count.altered++;
    if (isKeyLost) count.keyLossy++;
    count.lostMax = Math.max(count.lostMax, lost);
    return lost;
  }

  /** Where the queue ids and indexes of every so many records are, by path and byte. */
  queuePlaces(stride: number): { readonly path: string; readonly at: number }[] {
    const fs = PowerLossFiles.of(copyOf(this.#image));
    const scan = new CommitLogScan(fs, listSegments(fs, "store/commitlog"));
    const places: { path: string; at: number }[] = [];
    const { queueId, queueOffset } = MESSAGE_V1.at;
    for (let number = 0; scan.next();) {
      if (scan.kind !== "message" || number++ % stride !== 0) continue;
      const { path, start } = scan.segment!;
      for (const field of [{ at: queueId, ...i32 }, { at: queueOffset, ...i64 }]) {
        for (let byte = 0; byte < field.width; byte++) {
          places.push({ path, at: scan.at - start + field.at + byte });
        }
      }
    }
    scan.close();
    return places;
  }

  /** The rates, a line for each kind of file, as a table in Markdown. */
  table(): string[] {
    const percent = (part: number, of: number) => `${(part * 100 / of).toFixed(1)} %`;
    const lines = [...this.counts].sort(([one], [other]) => one < other ? -1 : 1).map(
      ([kind, it]) => {
        const { flips, seen, lossy, lostMax, altered, keyLossy } = it;
        const rates = [seen, lossy, altered, keyLossy].map((part) => percent(part, flips));
        return `| ${[kind, flips, ...rates, lostMax].join(" | ")} |`;
      },
    );
    const head = ["file", "flips", "told by verify", "cost a message", "altered one", "cost a key"];
    return [
      `| ${[...head, "most messages lost"].join(" | ")} |`,
      `|${" --- |".repeat(head.length + 1)}`,
      ...lines,
    ];
  }
}

/**
 * Without a checkpoint all of the log is gone through, with one only its last file is, and complete
 * files of the index are believed.
 */
function believesCheckpoint(path: string): boolean {
  return path.includes("/index/") || path === CHECKPOINT_PATH;
}

/** The file's folder, or its name where it has none. */
export function kindOf(path: string): string {
  return /^store\/(\w+)/.exec(path)![1]!;
}

function ticking(): () => number {
  let time = 1_700_000_000_000;
  return () => time += 7;
}

function copyOf({ folders, files }: DiskImage, hasCheckpoint = false): DiskImage {
  const copies = files.map(([path, bytes]) => {
    const isLeftOut = path === CHECKPOINT_PATH && !hasCheckpoint;
    return [path, isLeftOut ? new Uint8Array(0) : bytes.slice()] as const;
  });
  return { folders, files: copies };
}

async function findings(image: DiskImage): Promise<string> {
  return (await foundIn(PowerLossFiles.of(copyOf(image, true)))).join("\n");
}

/** Writes the checksum of every record into its last property, its last digit first. */
function sealAll(fs: PowerLossFiles, sealBytes: number): void {
  const scan = new CommitLogScan(fs, listSegments(fs, "store/commitlog"));
  while (scan.next()) {
    if (scan.kind !== "message") continue;
    const record = scan.record.record();
    const sealed = record.subarray(0, record.length - sealBytes);
    const digits = String(crc32(sealed) & 0x7fffffff).padStart(10, "0").split("").reverse().join(
      "",
    );
    const at = scan.at - scan.segment!.start + record.length - 1 - digits.length;
    fs.openWrite(scan.segment!.path).write(new TextEncoder().encode(digits), at);
  }
  scan.close();
}

/** Records by queue and index, as consumers get them. */
async function readAll(store: Store): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const record = new RecordView();
  for (const queueId of store.queueIds(TOPIC)) {
    const { min, max } = store.queueRange(TOPIC, queueId)!;
    for (let queueOffset = min; queueOffset < max;) {
      const result = await store.get({ topic: TOPIC, queueId, queueOffset, countMax: 32 });
      if (result.nextBeginOffset <= queueOffset) assert.fail("a read does not go on");
      record.attach(result.body);
      for (let at = 0; at < result.body.length; at += record.size) {
        if (record.load(at, result.body.length) !== undefined) assert.fail("no record is served");
        found.set(`${queueId}/${record.queueOffset()}`, record.record());
      }
      queueOffset = result.nextBeginOffset;
    }
  }
  return found;
}

/** Whether two records have one body. */
export function hasBodyOf(served: Uint8Array, record: Uint8Array): boolean {
  const [one, other] = [served, record].map((bytes) => {
    const view = new RecordView();
    view.attach(bytes);
    if (view.load(0, bytes.length) !== undefined) return undefined;
    return bytes.subarray(view.bodyAt, view.bodyAt + view.bodyLength);
  });
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}

function allKeysLead(store: Store): boolean {
  for (let number = 0; number < MESSAGES; number++) {
    const search = { topic: TOPIC, key: `k${number}`, countMax: 1, begin: 0, end: Infinity };
    if (store.searchByKey(search).length === 0) return false;
  }
  return true;
}

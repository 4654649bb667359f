/**
 * What a single flipped bit costs where a broker of Java starts on the store: the start is done as
 * {@linkcode JavaStarting} does it, and every message is read as that broker reads it afterwards,
 * by its queue's unit, whatever stands there.
 *
 * @module
 */
import { JavaStarting } from "../store/exact/java_recovery.ts";
import type { JavaRelease } from "../store/exact/java_release.ts";
import type { FileSystem } from "../store/file.ts";
import { QUEUE_UNIT } from "../store/format.ts";
import { readI64 } from "../store/layout.ts";
import { offsetName, queueDirectory, storePaths } from "../store/names.ts";
import { type BitFlips, FLIPPED_STORE, hasBodyOf, kindOf, QUEUES, TOPIC } from "./bit_flips.ts";
import { STORE_ROOT } from "./open_store.ts";
import { type DiskImage, PowerLossFiles } from "./power_loss.ts";

const PATHS = storePaths(STORE_ROOT);
const QUEUE_FOLDERS = Array.from({ length: QUEUES }, (_, queueId) => {
  return queueDirectory(PATHS.consumeQueue, { topic: TOPIC, queueId });
});

/** Releases that are asked. */
const FLIP_RELEASES: readonly JavaRelease[] = ["4.9", "5.x"];

/** The topic as a broker's table names it; Java serves no other. */
const TOPICS = {
  dataVersion: { timestamp: 1, counter: 1, stateVersion: 0 },
  topicConfigTable: {
    [TOPIC]: {
      topicName: TOPIC,
      readQueueNums: QUEUES,
      writeQueueNums: QUEUES,
      perm: 6,
      topicFilterType: "SINGLE_TAG",
      topicSysFlag: 0,
      order: false,
    },
  },
};

/** What flips in one kind of file cost a release. */
export interface JavaFlipCount {
  flips: number;
  /** Flips that cost a message, all messages they cost, and the most one flip did. */
  lossy: number;
  lost: number;
  lostMax: number;
}

/** Counts by release and kind of file. */
export class JavaFlips {
  readonly counts: ReadonlyMap<JavaRelease, Map<string, JavaFlipCount>> = new Map(
    FLIP_RELEASES.map((release) => [release, new Map()]),
  );
  readonly #flips: BitFlips;

  constructor(flips: BitFlips) {
    this.#flips = flips;
  }

  /** The flipped store with what a broker needs to serve it. */
  store(path: string, at: number, bit: number): DiskImage {
    const { folders, files } = this.#flips.flipped(path, at, bit);
    const topics = [
      `${STORE_ROOT}/config/topics.json`,
      new TextEncoder().encode(JSON.stringify(TOPICS)),
    ] as const;
    return { folders: [...folders, `${STORE_ROOT}/config`], files: [...files, topics] };
  }

  /** Flips a bit and counts; returns the messages each release loses, as queue and index, `2/17`. */
  async flip(
    path: string,
    at: number,
    bit: number,
  ): Promise<ReadonlyMap<JavaRelease, readonly string[]>> {
    const lost = new Map<JavaRelease, readonly string[]>();
    for (const release of FLIP_RELEASES) {
      const places = await this.lostBy(release, this.store(path, at, bit));
      lost.set(release, places);
      const counts = this.counts.get(release)!;
      const kind = kindOf(path);
      let count = counts.get(kind);
      if (count === undefined) {
        counts.set(kind, count = { flips: 0, lossy: 0, lost: 0, lostMax: 0 });
      }
      count.flips++;
      count.lost += places.length;
      count.lostMax = Math.max(count.lostMax, places.length);
      if (places.length > 0) count.lossy++;
    }
    return lost;
  }

  /** The messages that a release does not serve after its start, by queue and index. */
  async lostBy(release: JavaRelease, image: DiskImage): Promise<string[]> {
    const fs = PowerLossFiles.of(image);
    using starting = new JavaStarting(fs, STORE_ROOT, {
      release,
      queueFileUnits: FLIPPED_STORE.queueFileUnits,
      indexGeometry: FLIPPED_STORE.indexGeometry,
    });
    await starting.follower.finish();
    const { refusal, left: { queues, end } } = starting;
    if (refusal !== undefined) return this.lostFrom(() => undefined);
    const ends = new Map<string, number>();
    for (const queue of queues) {
      // A flipped bit may have made a queue of another topic.
      if (queue.topic !== TOPIC) continue;
      for (const { number } of queue.units()) ends.set(String(queue.queueId), number + 1);
    }
    return this.lostFrom((place) => {
      const [queueId = "", index] = place.split("/");
      const isBehind = Number(index) >= (ends.get(queueId) ?? 0);
      return isBehind ? undefined : servedAt(fs, place, end);
    });
  }

  /** The messages whose body is not in the record that is served in their place. */
  lostFrom(serve: (place: string) => Uint8Array | undefined): string[] {
    return [...this.#flips.records].filter(([place, record]) => {
      const served = serve(place);
      return served === undefined || !hasBodyOf(served, record);
    }).map(([place]) => place);
  }
}

/** The bytes a queue's unit leads to; `undefined` where Java finds none. */
function servedAt(fs: FileSystem, place: string, logEnd: number): Uint8Array | undefined {
  const [queueId = -1, index = -1] = place.split("/").map(Number);
  const folder = QUEUE_FOLDERS[queueId]!;
  const queueFileBytes = FLIPPED_STORE.queueFileUnits * QUEUE_UNIT.size;
  const unit = bytesAt(fs, { folder, fileBytes: queueFileBytes }, {
    at: index * QUEUE_UNIT.size,
    length: QUEUE_UNIT.size,
  });
  if (unit === undefined) return undefined;
  const view = new DataView(unit.buffer);
  const physicalOffset = readI64(view, QUEUE_UNIT.at.physicalOffset);
  const length = view.getInt32(QUEUE_UNIT.at.size);
  if (physicalOffset < 0 || length <= 0 || physicalOffset + length > logEnd) return undefined;
  const log = { folder: PATHS.commitLog, fileBytes: FLIPPED_STORE.segmentBytes };
  return bytesAt(fs, log, { at: physicalOffset, length });
}

/** Bytes of a row of files; `undefined` where they are not all in one. */
function bytesAt(
  fs: FileSystem,
  { folder, fileBytes }: { readonly folder: string; readonly fileBytes: number },
  { at, length }: { readonly at: number; readonly length: number },
): Uint8Array<ArrayBuffer> | undefined {
  const start = at - at % fileBytes;
  const path = `${folder}/${offsetName(start)}`;
  if (at - start + length > fileBytes || fs.stat(path) === undefined) return undefined;
  const bytes = new Uint8Array(length);
  const file = fs.openRead(path);
  const count = file.read(bytes, at - start);
  file.close();
  return count === length ? bytes : undefined;
}

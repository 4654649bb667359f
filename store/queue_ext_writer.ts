/**
 * Writes consume queue extension files: a unit for each message, whose address stands in the queue in
 * place of the tags code (Java: `ConsumeQueueExt.put`). No group's filter is computed in advance, so
 * the units carry no bit map, as in Java where `enableCalcFilterBitMap` is off.
 *
 * @module
 */
import { join } from "node:path";
import type { ConsumeQueue } from "./consume_queue.ts";
import { QUEUE_EXT_ADDRESS_MAX, QUEUE_EXT_UNIT, QUEUE_UNIT } from "./format.ts";
import { GrowingFiles } from "./growing_files.ts";
import type { OpenFiles } from "./open_files.ts";
import { extOffset, QueueExtReader } from "./queue_ext_reader.ts";
import { isSafeTopic } from "./queue_table.ts";
import { listSegments } from "./segments.ts";

const NO_BIT_MAP = new Uint8Array(0);
const UNIT_BYTES = QUEUE_EXT_UNIT.sizeOf({
  size: 0,
  tagsCode: 0n,
  storeTimestamp: 0,
  bitMap: NO_BIT_MAP,
});
/** A unit and this much must fit before the end of a file, or the next one takes it. */
const FILE_TAIL_BYTES = 4;
/** Stands in the size field behind the last unit of a full file. */
const FILE_END = new Uint8Array([0xff, 0xff]);
/** Upper half of the address of offset 0. */
const ADDRESS_HIGH = -0x8000_0000;

/** Where and how extension files are kept. */
export interface QueueExtOptions {
  /** The folder `consumequeue_ext`. */
  readonly directory: string;
  /** Bytes of a file where a queue has none yet. */
  readonly fileBytes: number;
}

/** A message whose unit goes into a queue. */
interface QueuedRecord {
  readonly physicalOffset: number;
  readonly size: number;
  readonly tagsCode: number;
  readonly storeTimestamp: number;
}

/** The extension files of one queue. */
class QueueExt {
  readonly #files: OpenFiles;
  readonly #directory: string;
  #fileBytes: number;
  /** Offset of the next unit. */
  #end = 0;
  /** Bytes the files lack, by offset. */
  #memory: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  readonly #series: GrowingFiles;

  constructor(
    files: OpenFiles,
    { directory, fileBytes }: QueueExtOptions,
    lastAddress: number | undefined,
  ) {
    this.#files = files;
    this.#directory = directory;
    this.#fileBytes = fileBytes;
    this.#series = new GrowingFiles(files, { directory, unitBytes: 1, depth: 4 });
    this.#load(lastAddress);
  }

  /**
   * Goes on behind the unit the queue leads to last, as Java does. Where it leads to none any more,
   * new units go into a file of their own, since older ones of the queue may lead into the last one.
   */
  #load(lastAddress: number | undefined): void {
    const found = listSegments(this.#files.fs, this.#directory);
    const last = found.segments.at(-1);
    if (last === undefined) return;
    if (found.segmentBytes >= UNIT_BYTES + FILE_TAIL_BYTES) this.#fileBytes = found.segmentBytes;
    for (const { start } of found.segments) this.#series.adopt(start);
    this.#end = last.start + this.#fileBytes;
    if (lastAddress === undefined || lastAddress < last.start) return;
    const reader = new QueueExtReader(this.#files.fs, found);
    try {
      const { unit } = reader.read(lastAddress);
      if (unit === undefined) return;
      this.#end = lastAddress + unit.size;
      // Nothing leads to what follows: its queue units were lost.
      let stale = this.#end;
      for (let item = reader.read(stale); item.unit !== undefined; item = reader.read(stale)) {
        stale += item.unit.size;
      }
      if (stale > this.#end) {
        this.#memory.push({ at: this.#end, bytes: new Uint8Array(stale - this.#end) });
      }
    } finally {
      reader.close();
    }
  }

  get unwritten(): number {
    return this.#memory.length;
  }

  get unsynced(): boolean {
    return this.#memory.length > 0 || this.#series.unsynced;
  }

  /** Appends a unit and returns its offset. */
  put({ tagsCode, storeTimestamp }: QueuedRecord): number {
    const room = this.#fileBytes - this.#end % this.#fileBytes;
    if (UNIT_BYTES + FILE_TAIL_BYTES > room) {
      this.#memory.push({ at: this.#end, bytes: FILE_END });
      this.#end += room;
    }
    const at = this.#end;
    const bytes = new Uint8Array(UNIT_BYTES);
    QUEUE_EXT_UNIT.write(new DataView(bytes.buffer), 0, {
      size: UNIT_BYTES,
      tagsCode: BigInt(tagsCode),
      storeTimestamp,
      bitMap: NO_BIT_MAP,
    });
    this.#memory.push({ at, bytes });
    this.#end += UNIT_BYTES;
    return at;
  }

  write(): void {
    let done = 0;
    try {
      for (const { at, bytes } of this.#memory) {
        const start = at - at % this.#fileBytes;
        const file = this.#series.has(start)
          ? this.#series.get(start)
          : this.#series.make(start, this.#fileBytes);
        this.#series.touch(start);
        file.write(bytes, at - start);
        done++;
      }
    } finally {
      this.#memory.splice(0, done);
    }
  }

  async sync(): Promise<void> {
    this.write();
    await this.#series.sync();
  }

  /** Closes what is open, because the files are about to be removed. */
  close(): void {
    this.#series.clear();
    this.#memory = [];
  }
}

/** The extension files of all queues. Written and synced before the queues that lead to them. */
export class QueueExtWriter implements Iterable<QueueExt> {
  readonly #files: OpenFiles;
  readonly #options: QueueExtOptions;
  readonly #queues = new Map<ConsumeQueue, QueueExt>();

  constructor(files: OpenFiles, options: QueueExtOptions) {
    this.#files = files;
    this.#options = options;
  }

  /**
   * Appends the unit of queue index `index`, which leads to the tags code through an extension unit.
   * One that is not the next goes into the queue as any other.
   */
  append(queue: ConsumeQueue, index: number, record: QueuedRecord): void {
    if (index !== queue.end) {
      queue.append(index, record);
      return;
    }
    const at = this.#extOf(queue).put(record);
    const { next } = queue;
    queue.adopt({
      physicalOffset: record.physicalOffset,
      size: record.size,
      tagsCodeHigh: ADDRESS_HIGH + Math.floor(at / 0x1_0000_0000),
      tagsCodeLow: at | 0,
    });
    // Messages of the same turn may have taken indexes behind it.
    queue.next = Math.max(next, queue.end);
  }

  /** Brings a queue's units into the files for who reads them; a full disk shows elsewhere. */
  write(queue: ConsumeQueue): void {
    try {
      this.#queues.get(queue)?.write();
    } catch {
      // A unit that cannot be read is taken to match.
    }
  }

  /** Forgets a topic and removes its folder. */
  delete(topic: string): void {
    for (const [queue, ext] of this.#queues) {
      if (queue.topic !== topic) continue;
      ext.close();
      this.#queues.delete(queue);
    }
    if (isSafeTopic(topic)) this.#files.fs.remove(join(this.#options.directory, topic));
  }

  *[Symbol.iterator](): Iterator<QueueExt> {
    yield* this.#queues.values();
  }

  #extOf(queue: ConsumeQueue): QueueExt {
    let ext = this.#queues.get(queue);
    if (ext === undefined) {
      const { fileBytes } = this.#options;
      const directory = join(this.#options.directory, queue.topic, String(queue.queueId));
      ext = new QueueExt(this.#files, { directory, fileBytes }, lastAddressOf(queue));
      this.#queues.set(queue, ext);
    }
    return ext;
  }
}

/** Offset of the extension unit to which the queue's last unit leads; `undefined` without one. */
function lastAddressOf(queue: ConsumeQueue): number | undefined {
  const view = new DataView(new ArrayBuffer(QUEUE_UNIT.size));
  if (queue.read(queue.end - 1, new Uint8Array(view.buffer)) === 0) return undefined;
  const at = QUEUE_UNIT.at.tagsCode;
  if (view.getBigInt64(at) > QUEUE_EXT_ADDRESS_MAX) return undefined;
  return extOffset(view.getInt32(at), view.getInt32(at + 4));
}

/**
 * Builds batch consume queues (5.x) again from the log: units of expired records stay, then comes one
 * unit for every sound record, in the order of the log. What stands there already is not written.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { BatchQueueReader } from "./batch_queue_reader.ts";
import type { DamageRanges } from "./damage_ranges.ts";
import type { DispatchRequest } from "./dispatch.ts";
import type { FileSystem, WritableFile } from "./file.ts";
import { BATCH_QUEUE_UNIT, SIZE } from "./format.ts";
import { innerBatchOf } from "./inner_batch.ts";
import { offsetName } from "./names.ts";
import type { RecordView } from "./record_view.ts";
import { listSegments } from "./segments.ts";

const UNIT_BYTES = BATCH_QUEUE_UNIT.size;
/** There may be many thousand queues. */
const BUFFER_UNITS = 64;

/** What a replay of one queue works with. */
export interface BatchQueueReplayInput {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly logStart: number;
  readonly damage: DamageRanges;
  /** Whether units that lead to damaged records stay; else they are dropped. */
  readonly keepDamaged: boolean;
  /** Units in a file of a queue that has none left to tell. Default: RocketMQ's. */
  readonly batchQueueFileUnits?: number | undefined;
}

/** One batch queue while the log is read. */
export class BatchQueueReplay {
  readonly #input: BatchQueueReplayInput;
  readonly #fileUnits: number;
  readonly #buffer = new Uint8Array(BUFFER_UNITS * UNIT_BYTES);
  readonly #view = new DataView(this.#buffer.buffer);
  #buffered = 0;
  /** Number of the next unit to write. */
  #next: number;
  /** Number of the next unit to compare with the log, as the files had it. */
  #old: number;

  constructor(input: BatchQueueReplayInput) {
    this.#input = input;
    const files = listSegments(input.fs, input.directory, { unitBytes: UNIT_BYTES });
    this.#fileUnits = Math.floor(files.segmentBytes / UNIT_BYTES) ||
      (input.batchQueueFileUnits ?? SIZE.batchQueueFileUnitsDefault);
    this.#next = this.#read((queue) => {
      let number = queue.files.first;
      while (isUnit(queue, number) && queue.physicalOffset < input.logStart) number++;
      return number;
    });
    this.#old = this.#next;
  }

  /** Takes a sound record of the queue. */
  take(request: DispatchRequest, record: RecordView): void {
    if (!this.#input.damage.isEmpty) this.#passDamaged(request.physicalOffset);
    const { base, count } = innerBatchOf(record);
    BATCH_QUEUE_UNIT.write(this.#view, this.#buffered * UNIT_BYTES, {
      physicalOffset: request.physicalOffset,
      size: request.size,
      tagsCode: BigInt(request.tagsCode),
      storeTimestamp: request.storeTimestamp,
      baseOffset: base,
      batchSize: count,
      compactedOffset: -1,
      reserved: 0,
    });
    this.#pushed();
  }

  /** Writes what is left and clears what the files hold behind it. */
  finish(): void {
    if (!this.#input.damage.isEmpty) this.#passDamaged(Infinity);
    this.#flush();
    const { fs, directory } = this.#input;
    const end = this.#next * UNIT_BYTES;
    for (const { start, path } of listSegments(fs, directory, { unitBytes: UNIT_BYTES }).segments) {
      if (start >= end) fs.remove(path);
      else if (start + this.#fileUnits * UNIT_BYTES > end) this.#clear(path, end - start);
    }
  }

  /** Units before a log offset that lead to damaged records. */
  #passDamaged(before: number): void {
    const { damage, keepDamaged } = this.#input;
    this.#read((queue) => {
      while (isUnit(queue, this.#old) && queue.physicalOffset < before) {
        const range = damage.find(queue.physicalOffset);
        if (range !== undefined && keepDamaged) {
          this.#buffer.set(queue.unit(), this.#buffered * UNIT_BYTES);
          this.#pushed();
        } else if (range !== undefined) range.slotsFilled += queue.batchSize;
        this.#old++;
      }
      if (isUnit(queue, this.#old) && queue.physicalOffset === before) this.#old++;
    });
  }

  #read<T>(work: (queue: BatchQueueReader) => T): T {
    const { fs, directory } = this.#input;
    const queue = new BatchQueueReader(fs, listSegments(fs, directory, { unitBytes: UNIT_BYTES }));
    try {
      return work(queue);
    } finally {
      queue.close();
    }
  }

  #pushed(): void {
    if (++this.#buffered === BUFFER_UNITS) this.#flush();
  }

  #flush(): void {
    for (let done = 0; done < this.#buffered;) {
      const start = this.#next - this.#next % this.#fileUnits;
      const count = Math.min(this.#buffered - done, start + this.#fileUnits - this.#next);
      const units = this.#buffer.subarray(done * UNIT_BYTES, (done + count) * UNIT_BYTES);
      this.#write(start, units);
      this.#next += count;
      done += count;
    }
    this.#buffered = 0;
  }

  #write(start: number, units: Uint8Array): void {
    const { fs, directory } = this.#input;
    fs.makeDirectory(directory);
    const at = (this.#next - start) * UNIT_BYTES;
    const file = fs.openWrite(join(directory, offsetName(start * UNIT_BYTES)));
    try {
      if (file.size() === 0) file.truncate(this.#fileUnits * UNIT_BYTES);
      if (!holds(file, units, at)) file.write(units, at);
    } finally {
      file.close();
    }
  }

  #clear(path: string, from: number): void {
    const file = this.#input.fs.openWrite(path);
    try {
      const rest = new Uint8Array(Math.max(0, file.size() - from));
      file.read(rest, from);
      const last = rest.findLastIndex((byte) => byte !== 0);
      if (last >= 0) file.write(new Uint8Array(last + 1), from);
    } finally {
      file.close();
    }
  }
}

function isUnit(queue: BatchQueueReader, number: number): boolean {
  return queue.moveTo(number) && queue.isValid();
}

function holds(file: WritableFile, units: Uint8Array, at: number): boolean {
  const found = Buffer.alloc(units.length);
  return file.read(found, at) === units.length && found.equals(units);
}

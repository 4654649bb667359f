/**
 * Writes the files of a batch consume queue (5.x) again: units of expired records stay, then comes one
 * unit for every record, in the order of the log. What stands there already is not written.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { BatchUnit } from "./batch_queue.ts";
import { BatchQueueReader } from "./batch_queue_reader.ts";
import { BatchUnitsBefore, type BatchUnitsInput } from "./batch_units_before.ts";
import type { FileSystem, WritableFile } from "./file.ts";
import { BATCH_QUEUE_UNIT, SIZE } from "./format.ts";
import { offsetName } from "./names.ts";
import { listSegments } from "./segments.ts";
import { StoredBatchUnits } from "./stored_batch_units.ts";

const UNIT_BYTES = BATCH_QUEUE_UNIT.size;
/** There may be many thousand queues. */
const BUFFER_UNITS = 64;

/** What a replay of one queue works with. */
export interface BatchQueueReplayInput extends BatchUnitsInput {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly logStart: number;
  /** Units in a file of a queue that has none left to tell. Default: RocketMQ's. */
  readonly batchQueueFileUnits?: number | undefined;
}

/** One batch queue while the log is read. */
export class BatchQueueReplay {
  readonly topic: string;
  readonly queueId: number;
  /** What the files held behind the units of expired records. */
  readonly before: BatchUnitsBefore;
  readonly #input: BatchQueueReplayInput;
  readonly #fileUnits: number;
  readonly #buffer = new Uint8Array(BUFFER_UNITS * UNIT_BYTES);
  readonly #view = new DataView(this.#buffer.buffer);
  #buffered = 0;
  /** Number of the next unit to write. */
  #next: number;

  constructor(input: BatchQueueReplayInput) {
    const { fs, directory, topic, queueId } = input;
    this.topic = topic;
    this.queueId = queueId;
    this.#input = input;
    const files = listSegments(fs, directory, { unitBytes: UNIT_BYTES });
    this.#fileUnits = Math.floor(files.segmentBytes / UNIT_BYTES) ||
      (input.batchQueueFileUnits ?? SIZE.batchQueueFileUnitsDefault);
    this.#next = firstSince(input.logStart, new BatchQueueReader(fs, files));
    this.before = new BatchUnitsBefore(
      input,
      new StoredBatchUnits(fs, files, { first: this.#next }),
    );
  }

  /** Appends a unit. */
  adopt(unit: BatchUnit): true {
    BATCH_QUEUE_UNIT.write(this.#view, this.#buffered * UNIT_BYTES, unit);
    if (++this.#buffered === BUFFER_UNITS) this.#flush();
    return true;
  }

  /** Writes what is left and clears what the files hold behind it. */
  finish(): void {
    this.#flush();
    const { fs, directory } = this.#input;
    const end = this.#next * UNIT_BYTES;
    for (const { start, path } of listSegments(fs, directory, { unitBytes: UNIT_BYTES }).segments) {
      if (start >= end) fs.remove(path);
      else if (start + this.#fileUnits * UNIT_BYTES > end) this.#clear(path, end - start);
    }
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
    this.before.readBefore(this.#next + units.length / UNIT_BYTES);
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

/** Number of the first unit that does not lead to an expired record. */
function firstSince(logStart: number, queue: BatchQueueReader): number {
  try {
    let number = queue.files.first;
    while (queue.moveTo(number) && queue.isValid() && queue.physicalOffset < logStart) number++;
    return number;
  } finally {
    queue.close();
  }
}

function holds(file: WritableFile, units: Uint8Array, at: number): boolean {
  const found = Buffer.alloc(units.length);
  return file.read(found, at) === units.length && found.equals(units);
}

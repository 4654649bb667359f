/**
 * Consume queues of a few small files for tests, written by the format tables into memory.
 *
 * @module
 */
import { join } from "node:path";
import { MemoryFiles } from "../store/file_memory.ts";
import { QUEUE_PADDING, QUEUE_UNIT } from "../store/format.ts";
import type { ValueOf } from "../store/layout.ts";
import { offsetName } from "../store/names.ts";
import { QueueReader } from "../store/queue_reader.ts";
import { listSegments } from "../store/segments.ts";

/** A unit of a consume queue. */
export type QueueUnit = ValueOf<typeof QUEUE_UNIT.rows>;

/** A queue's files, of a few units each. */
export class SmallQueue {
  readonly directory: string;
  readonly files: MemoryFiles;
  readonly fileUnits: number;

  constructor(fileUnits: number, files: MemoryFiles = new MemoryFiles(), directory = "queue") {
    this.fileUnits = fileUnits;
    this.files = files;
    this.directory = directory;
  }

  /** Writes units from an index on, making files of full length. */
  put(index: number, ...units: readonly Partial<QueueUnit>[]): this {
    units.forEach((wish, nth) => {
      const at = index + nth;
      const start = at - at % this.fileUnits;
      const path = join(this.directory, offsetName(start * QUEUE_UNIT.size));
      if (this.files.stat(path) === undefined) {
        this.files.put(path, new Uint8Array(this.fileUnits * QUEUE_UNIT.size));
      }
      const unit = { physicalOffset: 0, size: 100, tagsCode: 0n, ...wish };
      const bytes = new Uint8Array(QUEUE_UNIT.size);
      QUEUE_UNIT.write(new DataView(bytes.buffer), 0, unit);
      this.files.openWrite(path).write(bytes, (at - start) * QUEUE_UNIT.size);
    });
    return this;
  }

  /** Writes units whose records stand one behind another, 100 bytes each. */
  putRecords(index: number, count: number, physicalOffset: number): this {
    const units = Array.from({ length: count }, (_, nth) => {
      return { physicalOffset: physicalOffset + nth * 100 };
    });
    return this.put(index, ...units);
  }

  /** Pads the first file up to an index, as Java does. */
  pad(index: number): this {
    const start = index - index % this.fileUnits;
    return this.put(start, ...new Array(index - start).fill(QUEUE_PADDING));
  }

  /** Opens the queue as it is now. */
  reader(): QueueReader {
    return new QueueReader(this.files, listSegments(this.files, this.directory));
  }
}

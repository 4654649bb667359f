/**
 * Writes a commit log of records that stand in another already: they keep all they say but where they
 * stand.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem, WritableFile } from "../file.ts";
import { BLANK, MAGIC, MESSAGE_V1, SIZE } from "../format.ts";
import { writeI64 } from "../layout.ts";
import { offsetName } from "../names.ts";
import { sealRecord, sealState } from "../property_crc.ts";
import type { RecordView } from "../record_view.ts";

const AT = MESSAGE_V1.at;
const BLOCK_BYTES = 1024 * 1024;

/** A log being written. Close it, then it is on the disk. */
export class LogWriter {
  /** Offset behind the last record. */
  end = 0;
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #segmentBytes: number;
  #file: WritableFile | undefined;
  /** Bytes not yet in the file, and where they belong. */
  #block = new Uint8Array(BLOCK_BYTES);
  #held = 0;
  #blockStart = 0;

  /** Begins a log in a folder that exists and is empty. */
  constructor(fs: FileSystem, folder: string, segmentBytes: number) {
    this.#fs = fs;
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
  }

  /** Appends a record with the index given; returns its offset. Throws where a file has no room. */
  append(record: RecordView, queueOffset: number): number {
    const { size } = record;
    if (size + SIZE.blankMin > this.#segmentBytes) {
      throw new RangeError(
        `Cannot copy the record at ${record.physicalOffset()}: it has ${size} bytes, ` +
          `a log file ${this.#segmentBytes}`,
      );
    }
    const room = this.#segmentBytes - this.end % this.#segmentBytes;
    if (size + SIZE.blankMin > room) this.#fill(room);
    if (this.end % this.#segmentBytes === 0) this.#open();
    this.#makeRoom(size);
    const at = this.#held;
    this.#block.set(record.bytes.subarray(record.at, record.at + size), at);
    const view = new DataView(this.#block.buffer);
    writeI64(view, at + AT.physicalOffset, this.end);
    writeI64(view, at + AT.queueOffset, queueOffset);
    if (sealState(record) !== "absent") sealRecord(this.#block, { at, size });
    this.#held += size;
    const offset = this.end;
    this.end += size;
    return offset;
  }

  /** Brings everything to the disk. */
  close(): void {
    this.#closeFile();
    this.#fs.syncDirectory(this.#folder);
  }

  /** Closes what is open where the log is given up. */
  abandon(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #fill(room: number): void {
    this.#makeRoom(BLANK.size);
    BLANK.write(new DataView(this.#block.buffer), this.#held, { length: room, magic: MAGIC.blank });
    this.#held += BLANK.size;
    this.end += room;
  }

  #open(): void {
    this.#closeFile();
    this.#file = this.#fs.openWrite(join(this.#folder, offsetName(this.end)));
    this.#file.truncate(this.#segmentBytes);
    this.#blockStart = this.end;
  }

  #makeRoom(bytes: number): void {
    if (this.#held + bytes <= this.#block.length) return;
    this.#flush();
    if (bytes > this.#block.length) this.#block = new Uint8Array(bytes);
  }

  #flush(): void {
    if (this.#held === 0) return;
    this.#file!.write(
      this.#block.subarray(0, this.#held),
      this.#blockStart % this.#segmentBytes,
    );
    this.#blockStart += this.#held;
    this.#held = 0;
  }

  #closeFile(): void {
    if (this.#file === undefined) return;
    this.#flush();
    this.#file.syncNow();
    this.#file.close();
    this.#file = undefined;
  }
}

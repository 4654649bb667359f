/**
 * Tags codes of queues whose broker kept them in extension files: a unit has their address in place
 * of the code, and who filters by tags must look there.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "./file.ts";
import { QUEUE_EXT_ADDRESS_MAX } from "./format.ts";
import type { TagsCodeMatches } from "./get.ts";
import { QueueExtReader, type QueueExtUnit } from "./queue_ext_reader.ts";
import { listSegments } from "./segments.ts";

/** One queue's codes while it is read. Dispose it to release the file. */
export class QueueExtCodes implements Disposable {
  readonly #fs: FileSystem;
  readonly #place: { readonly root: string; readonly topic: string; readonly queueId: number };
  #reader: QueueExtReader | undefined;

  /** `root` is the folder `consumequeue_ext`. */
  constructor(
    fs: FileSystem,
    place: { readonly root: string; readonly topic: string; readonly queueId: number },
  ) {
    this.#fs = fs;
    this.#place = place;
  }

  /**
   * The same question for units that may hold an address. One that leads nowhere is kept: consumers
   * look at the tags themselves once more.
   */
  resolving(matches: TagsCodeMatches): (tagsCode: bigint) => boolean {
    return (tagsCode) => {
      if (tagsCode > QUEUE_EXT_ADDRESS_MAX) return matches(tagsCode);
      const unit = this.extension(tagsCode);
      return unit === undefined || matches(unit.tagsCode, unit);
    };
  }

  /** What the extension of a unit holds; `undefined` where the unit has none, or it is not there. */
  extension(tagsCode: bigint): QueueExtUnit | undefined {
    if (tagsCode > QUEUE_EXT_ADDRESS_MAX) return undefined;
    return this.#opened().read(Number(tagsCode + (1n << 63n))).unit;
  }

  #opened(): QueueExtReader {
    const { root, topic, queueId } = this.#place;
    const directory = join(root, topic, String(queueId));
    return this.#reader ??= new QueueExtReader(this.#fs, listSegments(this.#fs, directory));
  }

  /** Releases the file; a second call does nothing. */
  [Symbol.dispose](): void {
    this.#reader?.close();
  }
}

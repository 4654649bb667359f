/**
 * Watches consume queues for units that are written behind the last one seen: a look reads one unit of
 * each queue, and lists folders only where queues or files may have been added. Times of files tell
 * nothing, since a Java broker writes through mapped memory.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import type { FileSystem, ReadableFile } from "../../store/file.ts";
import { listQueueFiles } from "../../store/queue_reader.ts";
import type { Segment } from "../../store/segments.ts";
import type { FoundQueue } from "./queue_place.ts";

/** Files kept open: more would come near the limit of many shells. */
const OPEN_MAX = 256;
/** A folder that changed twice within a tick of the clock seems to have changed once. */
const LOOKS_PER_LISTING = 16;

/** What is watched. */
export interface QueueWatchInput {
  readonly files: FileSystem;
  readonly unitBytes: number;
  /** Finds the queues there are now. */
  readonly list: () => Iterable<FoundQueue>;
  /** Number behind the last unit seen of the queue in a folder; `undefined` where none was. */
  readonly endOf: (path: string) => number | undefined;
}

/** A queue, and the file in which its next unit will stand. */
interface Watched {
  readonly queue: FoundQueue;
  segment: Segment | undefined;
}

/** Looks at queues again and again. Dispose it to release its files. */
export class QueueWatch implements Disposable {
  readonly #input: QueueWatchInput;
  readonly #unit: Buffer;
  #queues: Watched[] = [];
  /** Folders of topics and of all topics, and when they changed last. */
  readonly #folders = new Map<string, number>();
  readonly #open = new Map<string, ReadableFile>();
  #looks = 0;

  constructor(input: QueueWatchInput) {
    this.#input = input;
    this.#unit = Buffer.alloc(input.unitBytes);
  }

  /** The queues in which something stands behind the last unit seen. */
  *grown(): Generator<FoundQueue, void> {
    if (this.#looks++ % LOOKS_PER_LISTING === 0 || this.#hasNewFolders()) this.#list();
    for (const it of this.#queues) if (this.#hasGrown(it)) yield it.queue;
  }

  [Symbol.dispose](): void {
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
  }

  #list(): void {
    const known = new Map(this.#queues.map((it) => [it.queue.path, it.segment]));
    this.#folders.clear();
    this.#queues = [];
    // One that was replaced is another file now.
    this[Symbol.dispose]();
    for (const queue of this.#input.list()) {
      this.#queues.push({ queue, segment: known.get(queue.path) });
      this.#note(dirname(queue.path));
      this.#note(dirname(dirname(queue.path)));
    }
  }

  #note(folder: string): void {
    if (!this.#folders.has(folder)) this.#folders.set(folder, this.#changedAt(folder));
  }

  #changedAt(folder: string): number {
    return this.#input.files.stat(folder)?.mtimeMs ?? NaN;
  }

  #hasNewFolders(): boolean {
    for (const [folder, at] of this.#folders) if (this.#changedAt(folder) !== at) return true;
    return this.#folders.size === 0;
  }

  #hasGrown(it: Watched): boolean {
    const { unitBytes, endOf } = this.#input;
    const next = endOf(it.queue.path) ?? 0;
    const isWithin = (segment: Segment | undefined) =>
      segment !== undefined && next >= Math.ceil(segment.start / unitBytes) &&
      (next + 1) * unitBytes <= segment.start + segment.length;
    if (!isWithin(it.segment) || !this.#isThere(it.segment!)) {
      this.#forget(it.segment);
      const { segments } = listQueueFiles(this.#input.files, it.queue);
      it.segment = segments.find(isWithin);
      // What it had was deleted, or it begins later.
      if (it.segment === undefined) return (segments[0]?.start ?? 0) > next * unitBytes;
    }
    return this.#isWritten(it.segment!, next * unitBytes - it.segment!.start);
  }

  #isThere({ path }: Segment): boolean {
    return this.#open.has(path) || this.#input.files.stat(path) !== undefined;
  }

  #isWritten(segment: Segment, at: number): boolean {
    const kept = this.#open.get(segment.path);
    const file = kept ?? this.#input.files.openRead(segment.path);
    const got = file.read(this.#unit, at);
    if (kept === undefined) {
      if (this.#open.size < OPEN_MAX) this.#open.set(segment.path, file);
      else file.close();
    }
    return got === this.#unit.length && this.#unit.some((byte) => byte !== 0);
  }

  #forget(segment: Segment | undefined): void {
    if (segment === undefined) return;
    this.#open.get(segment.path)?.close();
    this.#open.delete(segment.path);
  }
}

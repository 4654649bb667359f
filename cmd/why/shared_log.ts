/**
 * A store's files whose log is read by several side by side: what one of them reads from the disk stays in
 * memory until the others, which follow it, have read it, too.
 *
 * The leader knows nothing of its followers: whatever it reads of the log where it has not been yet lets
 * them go on up to there. A look at other places moves nobody, and is not kept.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import type { LogFollower } from "../../store/exact/log_follower.ts";
import type { FileSystem, ReadableFile } from "../../store/file.ts";
import { FilesOver } from "../../store/files_over.ts";
import { parseOffsetName } from "../../store/names.ts";

const KIB = 1024;
/** As much as the readers of a log ask for at once. */
const BLOCK_BYTES = 256 * KIB;
/** More than the largest record that all may be on: a few blocks would do for usual ones. */
const BLOCKS_MAX = 64;
/** Who reads no more than that at once looks at single records. */
const LOOK_BYTES_MAX = 64 * KIB;
/** What is skipped on the way, as the room at the end of a file, is no other place. */
const SKIPPED_BYTES_MAX = 8 * KIB * KIB;

/** How much is kept in memory. */
export interface SharedLogOptions {
  readonly blockBytes?: number;
  readonly blocksMax?: number;
}

/** Files over others; nothing is written to them. */
export class SharedLog extends FilesOver {
  readonly #folders: ReadonlySet<string>;
  readonly #blockBytes: number;
  readonly #blocksMax: number;
  /** Blocks by file and number, the one that was not asked for the longest first. */
  readonly #blocks = new Map<string, Uint8Array>();
  readonly #spare: ArrayBuffer[] = [];
  /** Who goes on where the leader has been. Errors of theirs are not the leader's. */
  #followers: readonly LogFollower[] = [];
  /** Log offset up to which the leader has been; Infinity without one. */
  #frontier = Infinity;
  #isFollowing = false;

  constructor(
    below: FileSystem,
    folders: readonly string[],
    { blockBytes = BLOCK_BYTES, blocksMax = BLOCKS_MAX }: SharedLogOptions = {},
  ) {
    super(below);
    this.#folders = new Set(folders);
    this.#blockBytes = blockBytes;
    this.#blocksMax = blocksMax;
  }

  /** From here on whoever reads first from a log offset on leads, and these follow. */
  follow(from: number, followers: readonly LogFollower[]): void {
    this.#frontier = from;
    this.#followers = followers;
    this.#blocks.clear();
  }

  /** Ends that: everybody reads alone again. */
  part(): void {
    this.follow(Infinity, []);
  }

  override openRead(path: string): ReadableFile {
    const file = super.openRead(path);
    const start = this.#folders.has(dirname(path)) ? parseOffsetName(basename(path)) : undefined;
    if (start === undefined) return file;
    return {
      path,
      size: () => file.size(),
      read: (into, at) => {
        const from = start + at;
        if (!this.#isShared(from, from + into.length)) return file.read(into, at);
        const count = this.#read(file, into, at);
        if (!this.#isFollowing) this.#lead(from + count);
        return count;
      },
      readAsync: (into, at) => file.readAsync(into, at),
      close: () => file.close(),
    };
  }

  override openWrite(path: string): never {
    throw new Error(`Cannot open "${path}" for writing: it is only looked at`);
  }

  override makeDirectory(path: string): never {
    return this.openWrite(path);
  }

  override rename(from: string): never {
    return this.openWrite(from);
  }

  override remove(path: string): never {
    return this.openWrite(path);
  }

  override syncDirectory(_path: string): void {}

  override syncDirectoryAsync(_path: string): Promise<void> {
    return Promise.resolve();
  }

  #read(file: ReadableFile, into: Uint8Array, at: number): number {
    let done = 0;
    while (done < into.length) {
      const number = Math.floor((at + done) / this.#blockBytes);
      const block = this.#block(file, number);
      const from = at + done - number * this.#blockBytes;
      const part = block.subarray(from, from + into.length - done);
      into.set(part, done);
      done += part.length;
      if (block.length < this.#blockBytes) break;
    }
    return done;
  }

  #block(file: ReadableFile, number: number): Uint8Array {
    const key = `${number} ${file.path}`;
    let block = this.#blocks.get(key);
    if (block === undefined) {
      const bytes = new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(this.#blockBytes));
      block = bytes.subarray(0, file.read(bytes, number * this.#blockBytes));
    } else this.#blocks.delete(key);
    this.#blocks.set(key, block);
    if (this.#blocks.size > this.#blocksMax) this.#dropOldest();
    return block;
  }

  #dropOldest(): void {
    for (const [key, { buffer }] of this.#blocks) {
      this.#blocks.delete(key);
      this.#spare.push(buffer as ArrayBuffer);
      return;
    }
  }

  /**
   * Whether a read is one on the way. A leader that looks back, as for what a broker at work has
   * appended meanwhile, sees what stands there now.
   */
  #isShared(from: number, to: number): boolean {
    if (this.#isFollowing) return from <= this.#frontier + SKIPPED_BYTES_MAX;
    const isLook = to - from <= LOOK_BYTES_MAX;
    const skippedMax = isLook ? 0 : SKIPPED_BYTES_MAX;
    return to > this.#frontier && from <= this.#frontier + skippedMax;
  }

  #lead(to: number): void {
    this.#frontier = Math.max(this.#frontier, to);
    this.#isFollowing = true;
    try {
      for (const it of this.#followers) it.step(this.#frontier);
    } finally {
      this.#isFollowing = false;
    }
  }
}

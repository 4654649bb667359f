/**
 * The files of one queue, of whatever kind, while they grow: which there are, which of them hold what
 * the disk lacks, and whether their names are on it. What the units mean is the business of
 * `queue_files.ts`, `batch_queue.ts` and `queue_ext_writer.ts`.
 *
 * @module
 */
import { dirname, join } from "node:path";
import type { WritableFile } from "./file.ts";
import { offsetName } from "./names.ts";
import type { OpenFiles } from "./open_files.ts";

/** Where the files are and how they are numbered. */
export interface GrowingFilesOptions {
  readonly directory: string;
  /** Bytes of what files are counted in: a file's name is the number of its first unit times this. */
  readonly unitBytes: number;
  /** Folders whose names may be new with a file: the queue's own and those above it. */
  readonly depth: number;
}

/** Files by the number of their first unit. None is held open. */
export class GrowingFiles {
  readonly #files: OpenFiles;
  readonly #options: GrowingFilesOptions;
  readonly #known = new Set<number>();
  readonly #unsynced = new Set<number>();
  /** How often files were made or removed, and of how many of these changes the disk knows. */
  #nameChanges = 0;
  #nameChangesSynced = 0;

  constructor(files: OpenFiles, options: GrowingFilesOptions) {
    this.#files = files;
    this.#options = options;
  }

  get #namesChanged(): boolean {
    return this.#nameChanges > this.#nameChangesSynced;
  }

  /** Takes it that a file is there, with its name on the disk. */
  adopt(start: number): void {
    this.#known.add(start);
  }

  /** Whether a file is known. */
  has(start: number): boolean {
    return this.#known.has(start);
  }

  /** Known files, in the order in which they became known. */
  get starts(): readonly number[] {
    return [...this.#known];
  }

  /** Whether no file is known. */
  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  /** Whether a {@linkcode sync} would have anything to do. */
  get unsynced(): boolean {
    return this.#unsynced.size > 0 || this.#namesChanged;
  }

  /** The file, open; throws when it has vanished. */
  get(start: number): WritableFile {
    return this.#files.get(this.#path(start));
  }

  /** Makes a file of some bytes, or gives the one there is its length. */
  make(start: number, bytes: number): WritableFile {
    const { fs } = this.#files;
    const { directory } = this.#options;
    fs.makeDirectory(directory);
    // A later file must not outlive a loss of power that takes an earlier one.
    if (this.#namesChanged && !this.isEmpty) fs.syncDirectory(directory);
    const file = this.#known.has(start)
      ? this.#lengthened(start, bytes)
      : this.#files.make({ path: this.#path(start), bytes, folder: dirname(dirname(directory)) });
    this.#known.add(start);
    this.#nameChanges++;
    return file;
  }

  #lengthened(start: number, bytes: number): WritableFile {
    const file = this.#files.create(this.#path(start));
    file.truncate(bytes);
    return file;
  }

  /** Notes that a file holds what the disk lacks. */
  touch(start: number): void {
    this.#unsynced.add(start);
  }

  /** Takes it that names may not be on the disk. */
  doubtNames(): void {
    this.#nameChanges++;
  }

  /** Takes it that a file is not there, so that it is made again. */
  disown(start: number): void {
    this.#known.delete(start);
    this.#unsynced.delete(start);
  }

  /** Removes a file. */
  remove(start: number): void {
    this.#files.forget(this.#path(start));
    this.#files.fs.remove(this.#path(start));
    this.disown(start);
    this.#nameChanges++;
  }

  /**
   * Removes files that end at `number` or before it, the oldest first; the last file stays. Each is
   * told when it has gone.
   */
  dropBefore(
    number: number,
    { fileUnits, dropped }: { fileUnits: number; dropped: (start: number) => void },
  ): number {
    let count = 0;
    for (const start of this.starts.toSorted((one, other) => one - other).slice(0, -1)) {
      if (start + fileUnits > number) break;
      // A loss of power must not bring an old file back where a younger one is gone.
      if (count > 0) this.#files.fs.syncDirectory(this.#options.directory);
      this.remove(start);
      dropped(start);
      count++;
    }
    return count;
  }

  /** Brings everything written to the disk, names included. */
  async sync(): Promise<void> {
    for (const start of [...this.#unsynced]) {
      // The file may have been removed while another one was synced.
      if (!this.#unsynced.delete(start)) continue;
      try {
        await this.get(start).sync();
      } catch (error) {
        this.#unsynced.add(start);
        throw error;
      }
    }
    if (this.#namesChanged) await this.#syncNames();
  }

  async #syncNames(): Promise<void> {
    const changes = this.#nameChanges;
    let { directory } = this.#options;
    for (let level = 0; level < this.#options.depth; level++, directory = dirname(directory)) {
      try {
        await this.#files.fs.syncDirectoryAsync(directory);
      } catch (error) {
        // Folder and files may have been removed meanwhile.
        if (!this.#namesChanged) return;
        throw error;
      }
    }
    this.#nameChangesSynced = Math.max(this.#nameChangesSynced, changes);
  }

  /** Closes what is open and forgets the files, because they are about to be removed. */
  clear(): void {
    for (const start of this.#known) this.#files.forget(this.#path(start));
    this.#known.clear();
    this.#unsynced.clear();
    this.#nameChangesSynced = this.#nameChanges;
  }

  #path(start: number): string {
    return join(this.#options.directory, offsetName(start * this.#options.unitBytes));
  }
}

/**
 * Files of equally long units, looked at through one reused window: what simple and batch consume
 * queues have in common.
 *
 * @module
 */
import type { FileSystem, ReadableFile } from "./file.ts";
import { FileWindow } from "./file_window.ts";
import type { Segment } from "./segments.ts";

/** Enough to make reads rare, little enough for a store of 100,000 queues. */
const WINDOW_UNITS = 1024;
const NO_MEMORY = new DataView(new ArrayBuffer(0));

/**
 * The window of a reader that was closed, by its length: many queues are read through one. An entry
 * stays while its window is in use, as a map that loses and gets one again is copied each time.
 */
const spareWindows = new Map<number, FileWindow | undefined>();

/** Memory that follows a reader through the units of a queue. Close it to release its file. */
export class UnitFiles {
  readonly segments: readonly Segment[];
  /** The window's memory; that of the unit last held. */
  view: DataView = NO_MEMORY;
  /** File of the unit last held. */
  segment: Segment | undefined;

  readonly #fs: FileSystem;
  readonly #unitBytes: number;
  #window: FileWindow | undefined;
  #file: ReadableFile | undefined;

  constructor(fs: FileSystem, segments: readonly Segment[], unitBytes: number) {
    this.#fs = fs;
    this.segments = segments;
    this.#unitBytes = unitBytes;
  }

  /** Number of the first unit any file has room for; 0 without files. */
  get first(): number {
    return this.startOf(0);
  }

  /** Number behind the last unit any file has room for; 0 without files. */
  get end(): number {
    return this.endOf(this.segments.length - 1);
  }

  /** Number of the first unit in a file. */
  startOf(file: number): number {
    return Math.ceil((this.segments[file]?.start ?? 0) / this.#unitBytes);
  }

  /** Number behind the last unit in a file. */
  endOf(file: number): number {
    const segment = this.segments[file];
    if (segment === undefined) return 0;
    return Math.floor((segment.start + segment.length) / this.#unitBytes);
  }

  /** Brings a unit into the window and returns where; −1 where no file has it whole. */
  hold(number: number): number {
    const position = number * this.#unitBytes;
    const segment = this.#enter(position);
    if (segment === undefined) return -1;
    const at = position - segment.start;
    const window = this.#window!;
    if (window.hold(at, this.#unitBytes) < this.#unitBytes) return -1;
    return at - window.from;
  }

  /** Releases the open file; a second call does nothing. */
  close(): void {
    this.#file?.close();
    this.#file = this.segment = undefined;
    if (this.#window === undefined) return;
    this.#window.close();
    spareWindows.set(this.#window.bytes.length, this.#window);
    this.#window = undefined;
    this.view = NO_MEMORY;
  }

  #enter(position: number): Segment | undefined {
    const current = this.segment;
    if (current !== undefined && this.#holds(current, position)) return current;
    const segment = this.segments.find((it) => this.#holds(it, position));
    if (segment === undefined) return undefined;
    this.#file?.close();
    this.#file = this.#fs.openRead(segment.path);
    this.segment = segment;
    this.#takeWindow().open(this.#file, segment.length);
    return segment;
  }

  #takeWindow(): FileWindow {
    if (this.#window !== undefined) return this.#window;
    const bytes = WINDOW_UNITS * this.#unitBytes;
    const window = spareWindows.get(bytes) ?? new FileWindow(bytes);
    spareWindows.set(bytes, undefined);
    this.view = new DataView(window.bytes.buffer);
    return this.#window = window;
  }

  #holds(segment: Segment, position: number): boolean {
    return position >= segment.start &&
      position + this.#unitBytes <= segment.start + segment.length;
  }
}

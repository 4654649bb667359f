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

/** Memory that follows a reader through the units of a queue. Close it to release its file. */
export class UnitFiles {
  readonly segments: readonly Segment[];
  /** The window's memory, always the same. */
  readonly view: DataView;
  /** File of the unit last held. */
  segment: Segment | undefined;

  readonly #fs: FileSystem;
  readonly #unitBytes: number;
  readonly #window: FileWindow;
  #file: ReadableFile | undefined;

  constructor(fs: FileSystem, segments: readonly Segment[], unitBytes: number) {
    this.#fs = fs;
    this.segments = segments;
    this.#unitBytes = unitBytes;
    this.#window = new FileWindow(WINDOW_UNITS * unitBytes);
    this.view = new DataView(this.#window.bytes.buffer);
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
    if (this.#window.hold(at, this.#unitBytes) < this.#unitBytes) return -1;
    return at - this.#window.from;
  }

  /** Releases the open file; a second call does nothing. */
  close(): void {
    this.#file?.close();
    this.#file = this.segment = undefined;
  }

  #enter(position: number): Segment | undefined {
    const current = this.segment;
    if (current !== undefined && this.#holds(current, position)) return current;
    const segment = this.segments.find((it) => this.#holds(it, position));
    if (segment === undefined) return undefined;
    this.#file?.close();
    this.#file = this.#fs.openRead(segment.path);
    this.segment = segment;
    this.#window.open(this.#file, segment.length);
    return segment;
  }

  #holds(segment: Segment, position: number): boolean {
    return position >= segment.start &&
      position + this.#unitBytes <= segment.start + segment.length;
  }
}

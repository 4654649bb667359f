/**
 * A file of JSON lines that grows while it is read.
 *
 * @module
 */

import fs from "node:fs";

const LINE_FEED = 10;

/** The lines of such a file, each read once. */
export class LineTail<T> {
  readonly #file: string;
  readonly #rows: T[] = [];
  #at = 0;

  /** The file need not be there yet. */
  constructor(file: string) {
    this.#file = file;
  }

  /** All complete lines the file has by now. */
  rows(): readonly T[] {
    if (!fs.existsSync(this.#file)) return this.#rows;
    const fd = fs.openSync(this.#file, "r");
    try {
      const bytes = new Uint8Array(fs.fstatSync(fd).size - this.#at);
      const length = fs.readSync(fd, bytes, 0, bytes.length, this.#at);
      // What follows the last line feed is still being written.
      const end = bytes.subarray(0, length).lastIndexOf(LINE_FEED) + 1;
      const lines = new TextDecoder().decode(bytes.subarray(0, end)).split("\n").slice(0, -1);
      this.#rows.push(...lines.map((line) => JSON.parse(line)));
      this.#at += end;
    } finally {
      fs.closeSync(fd);
    }
    return this.#rows;
  }
}

/**
 * How far a command is that reads a commit log several times, by the bytes it has read of it.
 *
 * @module
 */
import { dirname } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import type { StorePaths } from "../../store/names.ts";
import { listSegments } from "../../store/segments.ts";
import { Progress, type ProgressForm } from "../output/progress.ts";
import { countedFiles } from "../reading/read_count.ts";
import type { Terminal } from "../terminal.ts";

/** How a log is read. */
export interface LogReading {
  readonly form: ProgressForm | undefined;
  /** How often it is read at most. */
  readonly passes: number;
}

/** Room never written is not read, but for what comes with a read of the records before it. */
const READ_BYTES_MIN = 256 * 1024;

/** Tells how far the reading of a log is. */
export class LogProgress {
  /** The terminal's files; what is read of the log through them counts. */
  readonly files: FileSystem;
  readonly #progress: Progress;
  readonly #onRead: (path: string, bytes: number) => void;
  #bytesChecked = 0;

  constructor(terminal: Terminal, paths: StorePaths, { form, passes }: LogReading) {
    this.#progress = new Progress(terminal, form);
    const bytesExpected = passes * heldBytes(terminal.files, paths);
    this.#onRead = (path, bytes) => {
      if (!paths.commitLogs.includes(dirname(path))) return;
      this.#bytesChecked = Math.min(this.#bytesChecked + bytes, bytesExpected);
      this.#progress.tell({ bytesChecked: this.#bytesChecked, bytesExpected });
    };
    this.files = this.counted(terminal.files);
  }

  /** Other files, what is read of the log through which counts, too. */
  counted(files: FileSystem): FileSystem {
    return countedFiles(files, this.#onRead);
  }

  /** Makes room for other output. */
  clear(): void {
    this.#progress.clear();
  }

  /** Works, and ends with how much was read and how fast, or with nothing where the work fails. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#progress.end({ bytesChecked: this.#bytesChecked });
      return result;
    } catch (error) {
      this.clear();
      throw error;
    }
  }
}

function heldBytes(files: FileSystem, paths: StorePaths): number {
  const { segments } = listSegments(files, paths.commitLogs);
  return segments.reduce((sum, { length, allocatedBytes }) => {
    return sum + Math.min(length, allocatedBytes + READ_BYTES_MIN);
  }, 0);
}

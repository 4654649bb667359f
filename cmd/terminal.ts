/**
 * What a command may touch of the world around it: output, files, environment, clock, the person
 * in front. `main.ts` makes the real one, the golden cases one that remembers.
 *
 * @module
 */
import type { FileSystem } from "../store/file.ts";
import type { FileAccess } from "./file_access.ts";
import type { UnreadableFiles } from "../store/unreadable_files.ts";
import type { Out } from "./output/out.ts";
import { cellText } from "./output/table.ts";

/** The surroundings of one run. */
export interface Terminal {
  /** Data. Nothing else is ever written here. */
  readonly out: Out;
  /** Everything that is not data: notes, progress, questions, failures. */
  readonly err: Out;
  readonly files: FileSystem;
  /** The same as `files`, of commands that go on behind what the disk cannot read; absent of others. */
  readonly unreadable?: UnreadableFiles;
  /** The profile `--profile` names; absent where the command line names none. */
  readonly profile?: string;
  /** Makes a file readable by this user alone; absent where all are. */
  readonly keepPrivate?: (path: string) => void;
  /** Folders of the commit log with commas, where the command line names them. */
  readonly commitLogPath?: string;
  /** Value of an environment variable, `undefined` where it is unset or may not be read. */
  readonly env: (name: string) => string | undefined;
  /** Whether a person reads the data, so that tables are aligned. */
  readonly isTty: boolean;
  /** Whether the data is coloured; default: no. */
  readonly colors?: boolean;
  /** Whether notes are left out, and only failures are told; default: no. */
  readonly quiet?: boolean;
  /** Whether a person reads the notes, so that progress is shown. */
  readonly isErrTty: boolean;
  /** Columns to lay help out in. */
  readonly columns: number;
  readonly now: () => number;
  /** Process that holds a store's lock, where the system tells. */
  readonly lockHolder: (path: string) => number | undefined;
  /** Makes what tells what keeps this user from a file; absent, or `undefined`, where nobody can. */
  readonly fileAccess?: () => FileAccess | undefined;
  /** How full the disk under a folder is, 0 to 1; `undefined` where the system does not tell. */
  readonly diskUse?: (path: string) => number | undefined;
  /** A path without links, as far as the system tells; absent where there are none. */
  readonly realPath?: (path: string) => string;
  /** A signal that fires when the process is asked to stop; from this call on it is not killed. */
  readonly stopSignal: () => AbortSignal;
  /** What comes through a pipe; absent where there is none. */
  readonly stdin?: () => AsyncIterable<Uint8Array>;
  /** Asks a yes-or-no question; absent where nobody can answer. */
  readonly confirm?: (question: string) => Promise<boolean>;
}

/** Writes one note for people, at once, unless they want none. */
export function note(terminal: Terminal, line: string): void {
  if (terminal.quiet === true) return;
  terminal.err.write(`mq: ${lineText(line)}\n`);
  terminal.err.flush();
}

/** No path and no list of choices is longer. */
const WORD_CHARS_MAX = 1024;
const LINE_CHARS_MAX = 4096;

/**
 * Makes a text one line that may be shown: what files and command lines hold can neither steer the
 * terminal nor fill it.
 */
export function lineText(text: string): string {
  const line = text.replace(/\S+/g, (word) => shortened(word, WORD_CHARS_MAX));
  return cellText(shortened(line, LINE_CHARS_MAX));
}

function shortened(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  return `${text.slice(0, charsMax / 16)}… (${text.length} characters)`;
}

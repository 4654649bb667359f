/**
 * The text of `epochFileCheckpoint`, in which a broker under a controller (5.x) notes where in the commit
 * log each leadership began (Java: `EpochFileCache`). No broker of this project writes it.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { backupPath } from "./config_file.ts";
import { type FileSystem, readWholeFile } from "./file.ts";

/** A leadership. */
export interface EpochEntry {
  readonly epoch: number;
  /** Commit log offset at which it began. */
  readonly startOffset: number;
}

/** What came of reading the epochs. */
export interface EpochRead {
  /** File that counts: the main one, else its backup; `undefined` where neither is there. */
  readonly path: string | undefined;
  /** What could be read of it, whatever is wrong. */
  readonly epochs: readonly EpochEntry[];
  /** What is wrong, the file named. */
  readonly flaws: readonly string[];
}

/** The CRC of the lines behind the first two (Java: `CheckpointFile`). */
const CRC_MASK = 0x7fffffff;

/** Reads `path`, or its backup where it is missing, empty or damaged. */
export function readEpochFile(fs: FileSystem, path: string): EpochRead {
  const flaws: string[] = [];
  let damaged: EpochRead | undefined;
  for (const candidate of [path, backupPath(path)]) {
    const bytes = readWholeFile(fs, candidate);
    if (bytes === undefined || bytes.length === 0) continue;
    const { epochs, flaw } = parseEpochs(new TextDecoder().decode(bytes));
    if (flaw === undefined) return { path: candidate, epochs, flaws };
    flaws.push(`${candidate}: ${flaw}`);
    damaged ??= { path: candidate, epochs, flaws };
  }
  return damaged ?? { path: undefined, epochs: [], flaws };
}

/**
 * Reads the text of an epoch file as far as it makes sense.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseEpochs } from "./epoch_file.ts";
 *
 * const { epochs } = parseEpochs("2\n748147593\n1-0\n3-1073741824\n");
 * assert.deepEqual(epochs.at(-1), { epoch: 3, startOffset: 1_073_741_824 });
 * ```
 */
export function parseEpochs(
  text: string,
): { readonly epochs: readonly EpochEntry[]; readonly flaw?: string } {
  const [count = "", crc = "", ...lines] = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const epochs: EpochEntry[] = [];
  for (const [at, line] of lines.entries()) {
    const [, epoch, startOffset] = /^(\d{1,10})-(\d{1,16})$/.exec(line) ?? [];
    if (epoch === undefined || startOffset === undefined) {
      return { epochs, flaw: `line ${at + 3} is no epoch and offset: "${line}"` };
    }
    const entry = { epoch: Number(epoch), startOffset: Number(startOffset) };
    const before = epochs.at(-1);
    epochs.push(entry);
    if (before === undefined) continue;
    if (entry.epoch > before.epoch && entry.startOffset > before.startOffset) continue;
    return { epochs, flaw: `line ${at + 3} goes back: "${line}"` };
  }
  const flaw = headFlaw({ count, crc, text, lines: lines.length });
  return flaw === undefined ? { epochs } : { epochs, flaw };
}

/** The text of an epoch file (Java: `CheckpointFile.write`). */
export function epochText(epochs: readonly EpochEntry[]): string {
  const lines = epochs.map(({ epoch, startOffset }) => `${epoch}-${startOffset}\n`).join("");
  return `${epochs.length}\n${crc32(lines) & CRC_MASK}\n${lines}`;
}

function headFlaw(
  head: {
    readonly count: string;
    readonly crc: string;
    readonly text: string;
    readonly lines: number;
  },
): string | undefined {
  const { count, crc, text, lines } = head;
  if (!/^\d+$/.test(count)) return `line 1 is no count: "${count}"`;
  if (Number(count) !== lines) return `line 1 counts ${count} epochs, there are ${lines}`;
  if (!/^\d+$/.test(crc)) return `line 2 is no CRC: "${crc}"`;
  const rest = /^[^\n]*\n[^\n]*\n?([\s\S]*)$/.exec(text)?.[1] ?? "";
  const real = crc32(rest) & CRC_MASK;
  if (Number(crc) === 0 || Number(crc) === real) return undefined;
  return `line 2 has CRC ${crc}, the lines behind it ${real}`;
}

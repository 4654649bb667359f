/**
 * A terminal for tests: commands run in this process on files in memory, and what they print is
 * kept.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Out } from "../cmd/output/out.ts";
import { run } from "../cmd/program.ts";
import type { Terminal } from "../cmd/terminal.ts";
import type { FileSystem } from "../store/file.ts";
import { MemoryFiles } from "../store/file_memory.ts";
import { storeInMemory, type Tree } from "./fixture.ts";

/** Surroundings of a recorded run that differ from: memory, no environment, a pipe, 2026-11-21. */
export interface RecordedSurroundings {
  readonly files?: FileSystem;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTty?: boolean;
  /** Whether progress is shown; default: as `isTty`. */
  readonly isErrTty?: boolean;
  readonly nowMs?: number;
  /** Answer to every question; without it nobody can be asked. */
  readonly answer?: boolean;
  readonly stop?: AbortSignal;
  /** What comes through the pipe; without it there is none. */
  readonly stdin?: string | Uint8Array;
  /** Process that holds the lock of every store. */
  readonly lockHolder?: number | (() => number | undefined);
  /** Told of every block of standard output, as it is printed. */
  readonly onStdout?: (text: string) => void;
  /** Bytes of standard output after which its reader goes away. */
  readonly readerBytesMax?: number;
  /** Bytes of standard output after which its disk is full. */
  readonly diskBytesMax?: number;
}

/** What a run printed. */
export interface RecordedRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const PIPE_BYTES = 100;
const NOW_MS = Date.UTC(2026, 10, 21, 12);

/** Makes a terminal, and a function that tells what was printed so far. */
export function recordedTerminal(
  surroundings: RecordedSurroundings = {},
): { readonly terminal: Terminal; readonly printed: () => { stdout: string; stderr: string } } {
  const { files = new MemoryFiles(), env = {}, isTty = false, nowMs = NOW_MS } = surroundings;
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  let room = surroundings.readerBytesMax ?? Infinity;
  let disk = surroundings.diskBytesMax ?? Infinity;
  const terminal: Terminal = {
    out: new Out((bytes) => {
      if ((disk -= bytes.length) < 0) throw new Error("Cannot write the output: ENOSPC");
      if (room > 0) stdout.push(bytes.slice());
      surroundings.onStdout?.(new TextDecoder().decode(bytes));
      return (room -= bytes.length) > 0;
    }),
    err: new Out((bytes) => stderr.push(bytes.slice()) > 0),
    files,
    env: (name) => env[name],
    isTty,
    isErrTty: surroundings.isErrTty ?? isTty,
    lockHolder: () => {
      const { lockHolder } = surroundings;
      return typeof lockHolder === "function" ? lockHolder() : lockHolder;
    },
    columns: 80,
    now: () => nowMs,
    stopSignal: () => surroundings.stop ?? new AbortController().signal,
    ...(surroundings.stdin !== undefined && { stdin: () => piped(surroundings.stdin!) }),
    ...(surroundings.answer !== undefined &&
      { confirm: () => Promise.resolve(surroundings.answer!) }),
  };
  const text = (blocks: readonly Uint8Array[]) => new TextDecoder().decode(Buffer.concat(blocks));
  return { terminal, printed: () => ({ stdout: text(stdout), stderr: text(stderr) }) };
}

/** A pipe that gives its text in parts. */
async function* piped(text: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += PIPE_BYTES) {
    yield await Promise.resolve(bytes.slice(at, at + PIPE_BYTES));
  }
}

/** Runs one command line. */
export async function record(
  args: readonly string[],
  surroundings: RecordedSurroundings = {},
): Promise<RecordedRun> {
  const { terminal, printed } = recordedTerminal(surroundings);
  const exitCode = await run(args, terminal);
  return { ...printed(), exitCode };
}

/** Puts a recorded store below `root`. */
export function mountStore(
  files: MemoryFiles,
  root: string,
  store: { readonly name: string; readonly tree?: Tree },
): void {
  for (const [path, bytes] of storeInMemory(store.name, store.tree).snapshot()) {
    files.put(path.replace(/^store/, root), bytes);
  }
}

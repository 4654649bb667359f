/**
 * Files without their pages in memory: what a reader finds after a start of the machine.
 *
 * @module
 */
import fs from "node:fs";
import path from "node:path";
import { run } from "../testdata/interop/child.ts";

const TIMEOUT_MS = 60_000;

/** Paths of the files below a folder, sorted. */
export function filesBelow(folder: string): string[] {
  return fs.readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => path.join(it.parentPath, it.name))
    .sort();
}

/** Brings files to the disk and has the kernel forget their pages (GNU dd, on Linux). */
export async function dropPages(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const args = [`of=${file}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"];
    await run("dd", args, { timeoutMs: TIMEOUT_MS });
  }
}

/** Bytes this process has had fetched from the disk; tells whether a read was cold. */
export function bytesFetched(pid: number = Deno.pid): number {
  const io = fs.readFileSync(`/proc/${pid}/io`, "utf8");
  return Number(/^read_bytes: (\d+)$/m.exec(io)?.[1] ?? NaN);
}

/**
 * Temporary folders, none of which is left behind.
 *
 * @module
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const folders = new Set<string>();

/** Makes an empty folder. */
export function makeFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-bench-"));
  folders.add(folder);
  return folder;
}

/** Removes a folder that {@linkcode makeFolder} made. */
export function removeFolder(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/** Removes the folders of work that will not end. */
export function removeFolders(): void {
  for (const folder of folders) removeFolder(folder);
}

/** Works in a folder that exists for so long. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = makeFolder();
  try {
    return await work(folder);
  } finally {
    removeFolder(folder);
  }
}

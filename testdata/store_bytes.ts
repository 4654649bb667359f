/**
 * Comparing stores in memory byte for byte.
 *
 * @module
 */
import { MemoryFiles } from "../store/file_memory.ts";

/** Every file by its path. */
export type StoreBytes = ReadonlyMap<string, Uint8Array>;

/** The same files once more, to be changed. */
export function copyOf(files: MemoryFiles | StoreBytes): MemoryFiles {
  const copy = new MemoryFiles();
  for (const [path, bytes] of files instanceof MemoryFiles ? files.snapshot() : files) {
    copy.put(path, bytes);
  }
  return copy;
}

/** Paths of the files that are not the same in both, sorted. */
export function differences(one: StoreBytes, other: StoreBytes): string[] {
  const paths = new Set([...one.keys(), ...other.keys()]);
  return [...paths].filter((path) => !isSame(one.get(path), other.get(path))).sort();
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && one.length === other?.length &&
    one.every((byte, at) => byte === other[at]);
}

/** All but the files by which repairs can be taken back, which have the time in them. */
export function withoutUndo(bytes: StoreBytes): Map<string, Uint8Array> {
  return new Map([...bytes].filter(([path]) => !path.endsWith(".undo")));
}

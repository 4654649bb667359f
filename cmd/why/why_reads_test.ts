import assert from "node:assert/strict";
import type { FileSystem } from "../../store/file.ts";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { SmallStore } from "../../testdata/small_store.ts";

const MIB = 1024 * 1024;

/** Counts the bytes that are read of a log; nothing can be written. */
function countingReads(files: MemoryFiles): { readonly fs: FileSystem; readonly bytes: number } {
  let bytes = 0;
  const fs: FileSystem = {
    openRead(path) {
      const file = files.openRead(path);
      if (!path.startsWith("store/commitlog/")) return file;
      return {
        ...file,
        read(into, at) {
          const count = file.read(into, at);
          bytes += count;
          return count;
        },
      };
    },
    openWrite: (path) => assert.fail(path),
    list: (path) => files.list(path),
    stat: (path) => files.stat(path),
    makeDirectory: (path) => assert.fail(path),
    rename: (path) => assert.fail(path),
    remove: (path) => assert.fail(path),
    syncDirectory: (path) => assert.fail(path),
    syncDirectoryAsync: (path) => assert.fail(path),
    lock: (path) => assert.fail(path),
  };
  return {
    fs,
    get bytes() {
      return bytes;
    },
  };
}

/** 48 MiB of log in files of 4 MiB, more than is ever kept in memory. */
function largeStore(): SmallStore {
  const store = new SmallStore({ segmentBytes: 4 * MIB, fileUnits: 1000 });
  const body = new Uint8Array(32_000).fill(0x61);
  for (let nth = 0; nth < 1500; nth++) store.add({ body, queueId: nth % 4 });
  return store.save();
}

async function timesRead(files: MemoryFiles): Promise<number> {
  const counted = countingReads(files);
  const { stdout } = await record(["why", "store"], { files: counted.fs });
  assert.match(stdout, /Java 5\.5/);
  const logBytes = files.list("store/commitlog").length * 4 * MIB;
  return counted.bytes / logBytes;
}

const LOOKS = 0.1;

interface Case {
  readonly what: string;
  readonly timesMax: number;
  readonly change: (store: SmallStore) => void;
}

const CASES: readonly Case[] = [
  { what: "a sound store", timesMax: 2, change: () => {} },
  {
    what: "a store that was killed, and has no checkpoint",
    timesMax: 2,
    change({ files }) {
      files.put("store/abort", new Uint8Array(0));
      files.remove("store/checkpoint");
    },
  },
  {
    // What cannot be proven is read once more by the verification.
    what: "a store that was killed, and has no queues",
    timesMax: 3,
    change({ files }) {
      files.put("store/abort", new Uint8Array(0));
      files.remove("store/consumequeue");
    },
  },
  {
    // What goes with the record is found by another pass of the repair.
    what: "a store with a damaged record",
    timesMax: 3.5,
    change: ({ log }) => log.flip(log.records[700]!.at + 100),
  },
];

for (const { what, timesMax, change } of CASES) {
  Deno.test(`mq why reads the log of ${what} ${timesMax} times at most`, async () => {
    const store = largeStore();
    change(store);
    const times = await timesRead(store.files);
    assert(times <= timesMax + LOOKS, `${times.toFixed(2)} times`);
  });
}

import assert from "node:assert/strict";
import { SmallStore } from "../testdata/small_store.ts";
import type { MemoryFiles } from "./file_memory.ts";
import { findMisplaced, isMovable } from "./misplaced.ts";
import { storePaths } from "./names.ts";

const NAME = "00000000000000000000";

function found(change: (files: MemoryFiles) => void): string[] {
  const { files } = new SmallStore().addMany(5).save();
  change(files);
  return [...findMisplaced(files, storePaths("store"))].map((it) => {
    return `${it.place} ${it.path}${it.isFolder ? "/" : ""}${isMovable(it) ? "" : " stays"}`;
  });
}

Deno.test("findMisplaced() finds nothing in a store as brokers make it", () => {
  assert.deepEqual(found(() => {}), []);
});

Deno.test("findMisplaced() finds folders in the places of files", () => {
  const paths = [
    "abort",
    "lock",
    "checkpoint",
    "config/topics.json",
    "index/20260101000000000",
    `consumequeue/TopicTest/0/${NAME}`,
  ];
  const all = found((files) => {
    for (const path of paths) {
      files.remove(`store/${path}`);
      files.makeDirectory(`store/${path}`);
    }
  });
  assert.deepEqual(all, [
    "abort store/abort/ stays",
    "lock store/lock/ stays",
    "checkpoint store/checkpoint/",
    "config store/config/topics.json/",
    "index-file store/index/20260101000000000/",
    `queue-file store/consumequeue/TopicTest/0/${NAME}/`,
  ]);
});

Deno.test("findMisplaced() finds files in the places of folders", () => {
  for (const path of ["config", "index", "consumequeue", "consumequeue/TopicTest"]) {
    const all = found((files) => {
      files.remove(`store/${path}`);
      files.put(`store/${path}`, new Uint8Array(3));
    });
    const place = path === "config" ? "configs" : path === "index" ? "index" : "queues";
    assert.deepEqual(all, [`${place} store/${path}`]);
  }
});

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { copyStore, expectedMessages, unpackStore } from "./store_copies.ts";

Deno.test("unpackStore() gives settings, readable topics and the messages Java delivers", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-store-copies-"));
  try {
    const store = unpackStore("4.2.0-a-clean-103", folder);
    assert.equal(store.conf["mappedFileSizeCommitLog"], "65536");
    assert.equal(store.conf["listenPort"], undefined);
    assert.ok(store.topics.includes("T_plain"));
    assert.ok(!store.topics.includes("%DLQ%G_retry"), "a dead-letter topic cannot be read");
    const messages = expectedMessages(store.truth, ["T_order"]);
    assert.equal(messages.length, 20);
    assert.deepEqual(messages.map(({ queueOffset }) => queueOffset).slice(0, 3), [0, 1, 2]);

    const copy = copyStore(store.path, path.join(folder, "copy"));
    const log = path.join("commitlog", "00000000000000000000");
    const [one, other] = [store.path, copy].map((root) => fs.statSync(path.join(root, log)));
    assert.equal(one?.size, other?.size);
    assert.equal(Math.round(one?.mtimeMs ?? 0), Math.round(other?.mtimeMs ?? 1));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

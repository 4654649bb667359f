import assert from "node:assert/strict";
import { messagesOf } from "../testdata/message_path.ts";
import { openStore, put, STORE_ROOT } from "../testdata/open_store.ts";
import { MemoryFiles } from "./file_memory.ts";
import { storePaths } from "./names.ts";
import type { Store } from "./store.ts";

const PATHS = storePaths(STORE_ROOT);
const LOG_FILE = `${PATHS.commitLog}/${"0".repeat(20)}`;
const PROPERTIES = "KEYS\u0001b\u0002TAGS\u0001tag\u0002";

/** A store that was killed, of whose second record of three, or of two, the last bytes are zeros. */
async function killed({ zeros, third }: { zeros: number; third: boolean }): Promise<MemoryFiles> {
  const fs = new MemoryFiles();
  {
    await using store = await openStore(fs);
    await put(store, { properties: PROPERTIES });
    const { physicalOffset, wroteBytes } = await put(store, { properties: PROPERTIES });
    if (third) await put(store, { properties: PROPERTIES });
    fs.zero(LOG_FILE, physicalOffset + wroteBytes - zeros, zeros);
  }
  fs.put(PATHS.abort, new Uint8Array(0));
  fs.remove(PATHS.checkpoint);
  return fs;
}

async function propertiesIn(store: Store): Promise<string[]> {
  const request = { topic: "TopicTest", queueId: 0, queueOffset: 0, countMax: 32 };
  return messagesOf((await store.get(request)).body).map(({ properties }) => properties);
}

Deno.test("after a kill: a last record whose properties end in zeros is cut and kept aside", async () => {
  for (const zeros of [1, 9, PROPERTIES.length]) {
    const fs = await killed({ zeros, third: false });
    await using store = await openStore(fs);
    assert.deepEqual(await propertiesIn(store), [PROPERTIES], `${zeros} zeros`);
    assert(store.recovery.actions.some(({ action }) => action === "cut-tail"));
    assert.equal(fs.list(`${STORE_ROOT}/quarantine`).length, 1);
    assert.equal((await put(store)).queueOffset, 1, "its place is given again");
  }
});

Deno.test("after a kill: such a record that others follow was acknowledged, and stays", async () => {
  const fs = await killed({ zeros: 9, third: true });
  await using store = await openStore(fs);
  assert.equal((await propertiesIn(store)).length, 3);
});

Deno.test("after a clean stop nothing was torn: such a record stays", async () => {
  const fs = await killed({ zeros: 9, third: false });
  fs.remove(PATHS.abort);
  await using store = await openStore(fs);
  assert.equal((await propertiesIn(store)).length, 2);
});

import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { verified } from "../../testdata/verified.ts";
import { unit } from "../../testdata/finding_cases.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { deliveredDelays } from "./delivered_delays.ts";
import { readStoreState } from "./store_state.ts";

const STORE = "4.9.7-a-clean-101";
const OFFSETS = "store/config/delayOffset.json";
const LEVEL_1 = "store/consumequeue/SCHEDULE_TOPIC_XXXX/0/00000000000000000000";

function delivered(files: MemoryFiles): string[] {
  const isLost = () => true;
  return deliveredDelays(readStoreState(files, "store"), { isLost }).map((it) => {
    return `${it.level}: ${it.messages} to ${it.deliveredTo}`;
  });
}

async function told(files: MemoryFiles): Promise<string[]> {
  const { findings } = await verified(files, { depth: "quick" });
  return findings.filter(({ code }) => code === "config-delay-offsets-missing")
    .map(({ message }) => message);
}

Deno.test("deliveredDelays() comes to the offsets that Java had saved", () => {
  // Messages of the levels 16 to 18 wait in all of them.
  assert.deepEqual(delivered(storeInMemory(STORE)), ["1: 5 to 5", "2: 1 to 1", "3: 1 to 1"]);
  const clean42 = delivered(storeInMemory("4.2.0-a-clean-103"));
  assert.deepEqual(clean42, ["1: 8 to 8", "2: 1 to 1", "3: 1 to 1"]);
});

Deno.test("deliveredDelays() passes over units that lead to nothing, and needs the copies' queues", () => {
  const files = storeInMemory(STORE);
  const file = files.openWrite(LEVEL_1);
  file.write(unit({ physicalOffset: 7, size: 300, tagsCode: 0n }), 0);
  file.close();
  assert.equal(delivered(files)[0], "1: 5 to 5");
  files.remove("store/consumequeue/T_delay");
  files.remove("store/consumequeue/%RETRY%G_retry");
  assert.deepEqual(delivered(files), []);
});

Deno.test("verifyStore() misses offsets of delays where some are delivered: without file, in an empty table", async () => {
  const files = storeInMemory(STORE);
  assert.deepEqual(await told(files), []);
  for (const text of ['{"offsetTable":{}}', '{"offsetTable":{1:5}}']) {
    files.put(OFFSETS, new TextEncoder().encode(text));
    const [message] = await told(files);
    assert.match(message!, /^it lacks them: without offset are level/);
    assert.equal(message!.includes("level 1"), !text.includes("1:5"));
  }
  files.remove(OFFSETS);
  assert.deepEqual(await told(files), [], "the .bak is there");
  files.remove(`${OFFSETS}.bak`);
  assert.match((await told(files))[0]!, /^neither it nor its .bak is there: .* level 2 \(1 /);
  files.put("store/config/topics/CURRENT", new Uint8Array(1));
  assert.deepEqual(await told(files), [], "a database may have them");
});

Deno.test("verifyStore() misses no offsets of delays where nothing is delivered, or nothing can be read", async () => {
  const young = storeInMemory("5.5.0-b-kill-start-102");
  for (const end of ["", ".bak"]) {
    const path = OFFSETS + end;
    if (young.stat(path) !== undefined) young.remove(path);
  }
  assert.deepEqual(await told(young), []);
  const files = storeInMemory(STORE);
  files.remove(`${OFFSETS}.bak`);
  files.put(OFFSETS, new TextEncoder().encode("{{"));
  assert.deepEqual(await told(files), [], "config-unreadable tells of it");
});

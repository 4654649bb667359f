import assert from "node:assert/strict";
import { storeInMemory } from "../testdata/fixture.ts";
import { writeConfigFile } from "./config_file.ts";
import { consumedOffsets } from "./consumed_offsets.ts";
import { MemoryFiles } from "./file_memory.ts";
import { storePaths } from "./names.ts";

const PATHS = storePaths("store");

Deno.test("consumedOffsets() tells of every group of every queue, of light ones, too", async () => {
  const fs = new MemoryFiles();
  assert.deepEqual([...consumedOffsets(fs, PATHS)], []);
  await writeConfigFile(fs, "store/config/consumerOffset.json", {
    offsetTable: { "A@one": { 0: 3, 7: 5 }, "A@two": { 0: 2 }, "%RETRY%a@b@c": { 0: 1 } },
  });
  await writeConfigFile(fs, "store/config/lmqConsumerOffset.json", {
    offsetTable: { "%LMQ%x@one": { 0: 9 } },
  });
  const found = [...consumedOffsets(fs, PATHS)];
  assert.deepEqual(
    found.map(({ topic, queueId, offset }) => `${topic}/${queueId} ${offset}`).sort(),
    ["%LMQ%x/0 9", "%RETRY%a@b/0 1", "A/0 2", "A/0 3", "A/7 5"],
  );
});

Deno.test("consumedOffsets() tells nothing of a file that cannot be read as JSON", () => {
  const fs = new MemoryFiles();
  fs.put("store/config/consumerOffset.json", new TextEncoder().encode('{"offsetTable": {'));
  assert.deepEqual([...consumedOffsets(fs, PATHS)], []);
});

Deno.test("consumedOffsets() reads what a Java broker has left", () => {
  const fs = storeInMemory("4.9.7-a-clean-101");
  assert([...consumedOffsets(fs, PATHS)].length > 0);
});

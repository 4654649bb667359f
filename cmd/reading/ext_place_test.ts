import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { mountStore, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { extensionsAt } from "./ext_place.ts";

Deno.test("extensionsAt() finds extension files from a store down to one file", () => {
  const files = new MemoryFiles();
  mountStore(files, "s", { name: "5.5.0-e-cqext-102" });
  const at = (path: string) =>
    extensionsAt(recordedTerminal({ files }).terminal, path)
      .map(({ topic, queueId, extensions }) => `${topic}/${queueId}:${extensions.segments.length}`);
  const tags = ["T_tags/0:1", "T_tags/1:1", "T_tags/2:1"];
  assert.equal(at("s").length, 10);
  assert.deepEqual(at("s/consumequeue_ext"), at("s"));
  assert.deepEqual(at("s/consumequeue_ext/T_tags"), tags);
  assert.deepEqual(at("s/consumequeue_ext/T_tags/1"), [tags[1]]);
  assert.deepEqual(at("s/consumequeue_ext/T_tags/1/00000000000000000000"), [tags[1]]);
  assert.throws(() => at("s/index"), /is no consume queue extension but a part of the store "s"/);
  assert.throws(() => at("s/checkpoint"), /it is a checkpoint/);
  files.remove("s/consumequeue_ext");
  assert.throws(() => at("s"), /Store "s" has no consume queue extension/);
});

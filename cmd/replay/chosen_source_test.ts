import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { FileSystem } from "../../store/file.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { openSource, type SourceOptions } from "./chosen_source.ts";

async function chosen(files: FileSystem, path: string, options: SourceOptions = {}) {
  const source = openSource(recordedTerminal({ files }).terminal, path, options);
  const targets = (await Array.fromAsync(source.messages())).map((it) => it.target);
  return { source, targets };
}

Deno.test("openSource() of a store leaves out halves and a broker's own topics", async () => {
  const { source } = await chosen(storeInMemory("5.5.0-a-clean-102"), "store");
  assert.deepEqual([source.read, source.chosen, source.skipped], [569, 529, 40]);
  assert([...source.topics()].every(({ topic }) => !/^(%|RMQ|SCHEDULE)/.test(topic)));
});

Deno.test("openSource() sends where --map-topic says, a broker's own topics too", async () => {
  const { source, targets } = await chosen(storeInMemory("5.5.0-a-clean-102"), "store", {
    mapTopic: ["%RETRY%G_retry=T_again", "T_tags=Other"],
  });
  const again = targets.filter((it) => it === "T_again").length;
  assert.deepEqual([again > 0, source.chosen], [true, 529 + again]);
  assert.equal(targets.filter((it) => it === "Other").length, 140);
});

Deno.test("openSource() refuses --map-topic of what is not chosen, or to two topics", () => {
  const { terminal } = recordedTerminal({ files: storeInMemory("5.5.0-b-kill-start-102") });
  const refused = (options: SourceOptions, message: RegExp) => {
    assert.throws(() => openSource(terminal, "store", options), { exitCode: 16, message });
  };
  refused({ topic: "T_plain", mapTopic: ["T_plian=Test"] }, /of "T_plian", and --topic chooses/);
  refused({ mapTopic: ["T=A", "T=B"] }, /sends "T" to two topics/);
});

Deno.test("openSource() knows which of --map-topic no message was chosen of", async () => {
  const { source } = await chosen(storeInMemory("5.5.0-a-clean-102"), "store", {
    mapTopic: ["T_plian=Test", "T_tags=Other"],
  });
  assert.deepEqual(source.unmapped(), ["T_plian"]);
});

Deno.test("openSource() of a file tells JSON lines from a log", async () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  files.put("lines", Buffer.from('{"topic":"T","body":"x","properties":{"KEYS":"a b"}}\n'));
  assert.equal((await chosen(files, "lines", { key: "b" })).source.chosen, 1);
  assert.equal((await chosen(files, "lines", { key: "c" })).source.chosen, 0);
  assert.equal((await chosen(files, "store/commitlog/00000000000000000000")).source.chosen, 5);
});

Deno.test("openSource() stops at the limit", async () => {
  const { source } = await chosen(storeInMemory("5.5.0-a-clean-102"), "store", { limit: 7 });
  assert.equal(source.chosen, 7);
});

Deno.test("openSource() refuses a pair that is none, and a place that holds nothing", () => {
  const { terminal } = recordedTerminal({ files: new MemoryFiles() });
  assert.throws(() => openSource(terminal, "nowhere", {}), /no such file/);
  const files = storeInMemory("5.5.0-b-kill-start-102");
  const { terminal: other } = recordedTerminal({ files });
  for (const pair of ["T", "=T", "T="]) {
    assert.throws(() => openSource(other, "store", { mapTopic: [pair] }), /written from=to/);
  }
  assert.throws(() => openSource(other, "-", {}), /no standard input/);
});

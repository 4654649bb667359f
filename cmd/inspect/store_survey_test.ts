import assert from "node:assert/strict";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { readTruth, storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { surveyStore } from "./store_survey.ts";

async function survey(files: MemoryFiles, path: string = "store", pid: number = 0) {
  const { terminal } = recordedTerminal({ files, ...(pid !== 0 && { lockHolder: pid }) });
  return await surveyStore(terminal, path);
}

Deno.test("surveyStore counts the messages Java finds in the queues of every clean store", async () => {
  for (const name of storeNames().filter((it) => /-(a-clean|e-(?!rocksdb|bcq-kill)|f-)/.test(it))) {
    const { topics, state } = await survey(storeInMemory(name));
    const wanted = new Map<string, number>();
    for (const { topic, minOffset, maxOffset } of readTruth(name).queues) {
      wanted.set(topic, (wanted.get(topic) ?? 0) + maxOffset - minOffset);
    }
    for (const [topic, messages] of wanted) {
      assert.equal(topics.find((it) => it.topic === topic)?.messages ?? 0, messages, name);
    }
    assert.equal(
      state,
      readTruth(name).abortPresentBefore ? "not stopped cleanly" : "stopped cleanly",
    );
  }
});

Deno.test("surveyStore counts every file and byte under the root once", async () => {
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    const sizes = [...files.snapshot().values()].map((it) => it.length);
    const { files: kinds } = await survey(files);
    assert.equal(kinds.reduce((sum, it) => sum + it.files, 0), sizes.length, name);
    assert.equal(
      kinds.reduce((sum, it) => sum + it.bytes, 0),
      sizes.reduce((sum, it) => sum + it, 0),
    );
  }
});

Deno.test("surveyStore says what it cannot read", async () => {
  const { unread, topics } = await survey(storeInMemory("5.5.0-e-rocksdb-102"));
  assert.match(unread.join("\n"), /consumequeue is a RocksDB database[\s\S]*config\/topics/);
  assert.deepEqual(topics.filter((it) => it.messages !== undefined), []);
  const tiered = storeInMemory("4.9.7-a-clean-101");
  tiered.put("store/dledger-n0/data/0", new Uint8Array(1));
  tiered.put("store/compaction/compactionLog/t/0/0", new Uint8Array(1));
  tiered.put("store/config/tieredStoreMetadata.json", new Uint8Array(1));
  assert.equal((await survey(tiered)).unread.length, 3);
});

Deno.test("surveyStore finds what is odd in names, lengths, heads and ends", async () => {
  const oddities = async (damage: (files: MemoryFiles) => void) => {
    const files = storeInMemory("5.5.0-a-clean-102");
    damage(files);
    return (await (await survey(files)).findOddities()).map((it) => it.code);
  };
  const log = (start: number) => `store/commitlog/${String(start).padStart(20, "0")}`;
  assert.deepEqual(await oddities(() => {}), []);
  assert((await oddities((it) => it.remove(log(65_536)))).includes("log-missing-file"));
  assert((await oddities((it) => it.cut(log(65_536), 1000))).length > 0);
  assert((await oddities((it) => it.flip(log(65_536), 4))).includes("log-bad-record"));
  const stray = (it: MemoryFiles) => it.put("store/commitlog/notes.txt", new Uint8Array(3));
  assert.deepEqual(await oddities(stray), ["log-stray-file"]);
  const torn = (it: MemoryFiles) => it.put("store/config/topics.json", new Uint8Array([123]));
  assert.match((await oddities(torn)).join(), /config/);
});

Deno.test("surveyStore looks at a lone log folder, a lone file, and a store in use", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const folder = await survey(files, "store/commitlog");
  const file = await survey(files, "store/commitlog/00000000000000065536");
  assert.deepEqual([folder.isWhole, folder.log.end, await folder.findOddities()], [
    false,
    330_461,
    [],
  ]);
  assert.deepEqual([file.log.start, file.log.end, file.files[0]!.files], [65_536, 131_072, 1]);
  const { state, pid } = await survey(files, "store", 4711);
  assert.deepEqual([state, pid], ["in use", 4711]);
});

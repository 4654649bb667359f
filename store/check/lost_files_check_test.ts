import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import type { Finding } from "./findings.ts";

const STORE = "4.9.7-a-clean-101";

async function foundOf(files: MemoryFiles, code: Finding["code"]): Promise<string[]> {
  const messages: string[][] = [];
  for (const depth of ["quick", "default"] as const) {
    const { findings } = await verified(files, { depth });
    messages.push(findings.filter((it) => it.code === code).map((it) => it.message));
  }
  assert.deepEqual(messages[0], messages[1], "a quick look finds the same");
  return messages[0]!;
}

function removeAll(files: MemoryFiles, folder: string): void {
  for (const name of files.list(folder)) files.remove(`${folder}/${name}`);
}

Deno.test("checkLostFiles() tells of a log without files by whatever leads into it", async () => {
  const files = storeInMemory(STORE);
  assert.deepEqual(await foundOf(files, "log-missing"), []);
  removeAll(files, "store/commitlog");
  const [byQueue, ...others] = await foundOf(files, "log-missing");
  assert.deepEqual(others, []);
  assert.match(byQueue!, /^the log has no file, but queue \d+ of topic ".+" has messages$/);
  files.remove("store/consumequeue");
  const [byIndex] = await foundOf(files, "log-missing");
  assert.match(byIndex!, /^the log has no file, but index file "store\/index\/\d{17}" is there$/);
  removeAll(files, "store/index");
  assert.deepEqual(await foundOf(files, "log-missing"), [], "a new store has nothing either");
});

Deno.test("adviceOf() lets all other advice wait until a lost log is back", async () => {
  const files = storeInMemory(STORE);
  const advice = async () => new Set((await verified(files)).findings.map((it) => it.fix));
  assert(![...await advice()].includes("first bring the log back, see log-missing"));
  removeAll(files, "store/commitlog");
  const [first, ...others] = await advice();
  assert.match(first!, /^start no broker: mount the disk of the log/);
  assert.deepEqual(others, ["first bring the log back, see log-missing"]);
});

Deno.test("adviceOf() sends nobody to a repair that refuses the store", async () => {
  const files = storeInMemory("5.5.0-c-flip-102-first");
  const advice = async () => (await verified(files)).findings.map((it) => it.fix).join("; ");
  assert.match(await advice(), /mq recover --apply/);
  files.put("store/dledger-n0/data/00000000000000000000", new Uint8Array(8));
  assert.doesNotMatch(await advice(), /mq recover --apply/);
  files.remove("store/dledger-n0/data/00000000000000000000");
  files.put("store/consumequeue/CURRENT", new Uint8Array(8));
  assert.match(await advice(), /mq recover mends no store with queues in RocksDB/);
  assert.doesNotMatch(await advice(), /mq recover --apply/);
});

Deno.test("checkLostFiles() does not miss the log of a DLedger group, which lies elsewhere", async () => {
  const files = storeInMemory(STORE);
  removeAll(files, "store/commitlog");
  files.put("store/dledger-n0/data/00000000000000000000", new Uint8Array(8));
  assert.deepEqual(await foundOf(files, "log-missing"), []);
});

Deno.test("checkLostFiles() misses topics where queues are and no file names any", async () => {
  const files = storeInMemory(STORE);
  const topics = "store/config/topics.json";
  files.remove(topics);
  assert.deepEqual(await foundOf(files, "config-topics-missing"), [], "the .bak is there");
  files.put(`${topics}.bak`, new Uint8Array(0));
  const [message] = await foundOf(files, "config-topics-missing");
  assert.match(message!, /there are queues of T_\w+, T_\w+, T_\w+ and \d+ more$/);
  files.put(topics, new TextEncoder().encode('{"topicConfigTable":{}}'));
  assert.deepEqual(await foundOf(files, "config-topics-missing"), []);
});

Deno.test("checkLostFiles() does not miss topics that are in RocksDB, or of a lone copy", async () => {
  const files = storeInMemory(STORE);
  for (const end of ["", ".bak"]) files.remove(`store/config/topics.json${end}`);
  files.put("store/config/topics/CURRENT", new Uint8Array(1));
  assert.deepEqual(await foundOf(files, "config-topics-missing"), []);
  files.remove("store/config");
  files.remove("store/lock");
  assert.deepEqual(await foundOf(files, "config-topics-missing"), []);
});

Deno.test("checkLostFiles() misses topics where a broker ran and its whole configuration is gone", async () => {
  const files = storeInMemory(STORE);
  files.remove("store/config");
  const [found, ...others] = await foundOf(files, "config-topics-missing");
  assert.match(String(found), /topics.json|there are queues of/);
  assert.deepEqual(others, []);
});

Deno.test("checkLostFiles() misses offsets where groups are, none where there are no groups or a database", async () => {
  const files = storeInMemory(STORE);
  const offsets = "store/config/consumerOffset.json";
  files.remove(offsets);
  assert.deepEqual(await foundOf(files, "config-offsets-missing"), [], "the .bak is there");
  files.remove(`${offsets}.bak`);
  const [message] = await foundOf(files, "config-offsets-missing");
  assert.match(message!, /^neither it nor its .bak is there: without offsets are G_\w+(, G_\w+)*/);
  files.put("store/config/topics/CURRENT", new Uint8Array(1));
  assert.deepEqual(await foundOf(files, "config-offsets-missing"), []);
  files.remove("store/config/topics");
  files.put("store/config/topics.json", new TextEncoder().encode('{"topicConfigTable":{}}'));
  assert.deepEqual(await foundOf(files, "config-offsets-missing"), []);
});

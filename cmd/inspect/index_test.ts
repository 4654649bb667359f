import assert from "node:assert/strict";
import { keyHash } from "../../store/hash.ts";
import { transactionState } from "../../store/message.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq inspect index has an entry for every key of every record", async () => {
  for (const name of ["5.5.0-a-clean-102", "4.9.7-a-clean-101", "4.2.0-a-clean-103"]) {
    const files = storeInMemory(name);
    const run = await record(["inspect", "index", "store", "-o", "jsonl"], { files });
    assert.equal(run.exitCode, 0, name);
    const entries = new Set(
      run.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line))
        .map((row) => `${row.keyHash} ${row.commitLogOffset}`),
    );
    for (const { topic, properties, commitLogOffset, sysFlag } of readTruth(name).log) {
      const keys = properties["KEYS"]?.split(" ").filter(Boolean) ?? [];
      if (transactionState(sysFlag) === "rollback") continue;
      for (const key of [...keys, properties["UNIQ_KEY"] ?? []].flat()) {
        assert(entries.has(`${keyHash(topic, key)} ${commitLogOffset}`), `${name} ${topic} ${key}`);
      }
    }
  }
});

Deno.test("mq inspect index finds the entries of one key", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const args = ["inspect", "index", "store", "--topic", "T_retry", "--key", "retry1", "-o", "json"];
  const rows = JSON.parse((await record(args, { files })).stdout);
  assert.deepEqual(rows.map((row: { commitLogOffset: number }) => row.commitLogOffset), [315]);
});

Deno.test("mq inspect index --where asks the records the entries lead to", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const args = ["inspect", "index", "store", "--records", "-o", "jsonl"];
  const entries = async (...more: string[]) => {
    const { stdout } = await record([...args, ...more], { files });
    return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  };
  const all = await entries();
  const wanted = all.filter((it) => it.topic === "T_tags").length;
  const found = await entries("--where", "topic = 'T_tags'");
  assert(wanted > 0 && wanted < all.length);
  assert.equal(found.length, wanted);
  assert(found.every((it) => it.topic === "T_tags"));
  assert.deepEqual(await entries("--topic", "T_tags"), found);
  const ofQueue = await entries("--topic", "T_tags", "--queue", "1");
  assert(ofQueue.length > 0 && ofQueue.length < found.length);
  assert.deepEqual(await entries("--where", "topic = 'T_tags' AND queueId = 1"), ofQueue);
  const tagged = (await entries("--where", "TAGS IS NOT NULL")).length;
  assert(tagged > 0 && tagged < all.length);
  const { stdout } = await record(["inspect", "commitlog", "store", "-o", "jsonl"], { files });
  const message = stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line))
    .find((it) => it.topic === "T_tags");
  const byId = await entries("--id", message.msgId);
  assert.deepEqual([...new Set(byId.map((it) => it.commitLogOffset))], [message.commitLogOffset]);
  const byTag = await entries("--tag", message.properties.TAGS);
  assert(byTag.length >= byId.length && byTag.length < all.length);
  files.remove("store/commitlog");
  const { stderr, exitCode } = await record([...args, "--where", "queueId = 0"], { files });
  assert.equal(exitCode, 8);
  assert.match(stderr, /--where and --records read it/);
});

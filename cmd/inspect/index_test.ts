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

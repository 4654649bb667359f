import assert from "node:assert/strict";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { copyOf, differences } from "../../testdata/store_bytes.ts";
import { JAVA_MODES } from "./java.ts";

Deno.test("mq recover --mode tells of every store and touches none", async () => {
  for (const name of storeNames().filter((it) => !it.includes("rocksdb"))) {
    const files = storeInMemory(name);
    const before = copyOf(files);
    for (const mode of Object.keys(JAVA_MODES)) {
      const args = ["recover", "store", "--mode", mode, "-o", "json"];
      const { stdout, exitCode } = await record(args, { files });
      const [told] = JSON.parse(stdout);
      const harm = told.messagesDestroyed + told.inNoQueue + told.atWrongIndex + told.keysLost;
      assert.equal(exitCode, harm > 0 || told.refusal !== undefined ? 4 : 0, `${name} ${mode}`);
      assert.equal(told.release, mode.slice("java-".length));
      assert(told.messagesDestroyed >= 0 && told.messagesDestroyed <= told.messages);
    }
    assert.deepEqual(differences(files.snapshot(), before.snapshot()), [], name);
  }
});

Deno.test("mq recover --mode does not explain a store in RocksDB", async () => {
  const files = storeInMemory("5.5.0-e-rocksdb-102");
  const { stderr, exitCode } = await record(["recover", "store", "--mode", "java-5.x"], { files });
  assert.match(stderr, /queues are a RocksDB database/);
  assert.equal(exitCode, 8);
});

Deno.test("mq recover --mode excludes what writes", async () => {
  for (const option of [["--apply"], ["--into", "copy"]]) {
    const files = storeInMemory("5.5.0-a-clean-102");
    const args = ["recover", "store", "--mode", "java-5.x", ...option];
    const { stderr, exitCode } = await record(args, { files });
    assert.match(stderr, /--mode changes nothing/);
    assert.equal(exitCode, 16);
  }
});

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const PATH = "store/consumequeue/T_order/0/00000000000000000000";

Deno.test("--layout shows a unit's own bytes, all of them, each once", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const bytes = files.snapshot().get(PATH)!;
  for (const number of [0, 7, 59]) {
    const args = ["inspect", "cq", "store", "--topic", "T_order", "--queue", "0"];
    const run = await record([...args, "--layout", String(number), "-o", "json"], { files });
    assert.equal(run.exitCode, 0);
    const rows: { fileOffset: number; length: number; hex: string }[] = JSON.parse(run.stdout);
    assert.equal(rows[0]!.fileOffset, number * 20);
    assert.equal(
      rows.map((row) => row.hex).join(""),
      Buffer.from(bytes.subarray(number * 20, number * 20 + 20)).toString("hex"),
    );
  }
});

Deno.test("--layout shows what is left of a unit that was cut", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.cut(PATH, 2 * 20 + 11);
  const run = await record(["inspect", "cq", PATH, "--layout", "2", "-o", "json"], { files });
  const rows: { field: string; meaning: string }[] = JSON.parse(run.stdout);
  assert.deepEqual(rows.map((row) => row.field), ["physicalOffset", "size"]);
  assert.equal(rows[1]!.meaning, "cut off: 3 of 4 bytes are there");
});

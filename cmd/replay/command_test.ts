import assert from "node:assert/strict";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq replay refuses numbers and addresses that are none", async () => {
  for (
    const words of [["--rate", "0"], ["--in-flight", "x"], ["-n", "nowhere"], ["--queue", "-1"]]
  ) {
    const { exitCode, stdout } = await record(["replay", "from", ...words]);
    assert.deepEqual([exitCode, stdout], [16, ""], words.join(" "));
  }
});

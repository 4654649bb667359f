import assert from "node:assert/strict";
import { record } from "../../testdata/recorded_terminal.ts";
import { takeColor } from "./color_option.ts";

Deno.test("takeColor() finds the option anywhere before --", () => {
  assert.deepEqual(takeColor(["verify", "s"]), { args: ["verify", "s"], color: "auto" });
  assert.deepEqual(takeColor(["--color", "never", "verify", "s"]), {
    args: ["verify", "s"],
    color: "never",
  });
  assert.deepEqual(takeColor(["verify", "--color=always", "s"]), {
    args: ["verify", "s"],
    color: "always",
  });
  const behind = ["query", "--", "--color", "x"];
  assert.deepEqual(takeColor(behind), { args: behind, color: "auto" });
});

Deno.test("mq refuses a --color it does not know", async () => {
  for (const words of [["--color", "blue"], ["--color="], ["version", "--color"]]) {
    const { exitCode, stderr } = await record(words);
    assert.equal(exitCode, 16);
    assert.match(stderr, /^mq: --color is auto, always, never, not "/);
  }
});

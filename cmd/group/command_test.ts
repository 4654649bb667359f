import assert from "node:assert/strict";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq group refuses what cannot be meant, before it asks anybody", async () => {
  for (
    const words of [
      ["list", "-n", "nowhere"],
      ["progress"],
      ["create", "g", "--retry-max", "x"],
      ["reset", "g", "T"],
      ["reset", "g", "--to", "first"],
      ["reset", "g", "T", "--to", "sometime", "-n", "127.0.0.1:1"],
      ["reset", "g", "T", "--to", "offset:-1", "-n", "127.0.0.1:1"],
    ]
  ) {
    const { exitCode, stdout } = await record(["group", ...words]);
    assert.deepEqual([exitCode, stdout], [16, ""], words.join(" "));
  }
});

Deno.test("mq group says that no name server answers", async () => {
  for (
    const words of [["list"], ["describe", "g"], ["progress", "g"], ["delete", "g", "-y"]]
  ) {
    const { exitCode, stdout, stderr } = await record(["group", ...words, "-n", "127.0.0.1:1"]);
    assert.deepEqual([exitCode, stdout], [8, ""], words.join(" "));
    assert.match(stderr, /^mq: No name server answers: Cannot connect to 127\.0\.0\.1:1: /);
  }
});

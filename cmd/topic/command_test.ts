import assert from "node:assert/strict";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq topic refuses what cannot be meant, before it asks anybody", async () => {
  for (
    const words of [
      ["list", "-n", "nowhere"],
      ["describe"],
      ["create", "T", "--queues", "0"],
      ["create", "T", "--perm", "x"],
      ["create", "T", "--attribute", "x", "-n", "127.0.0.1:1"],
      ["update", "T", "-n", "127.0.0.1:1"],
      ["expand", "T"],
      ["expand", "T", "--to", "x"],
    ]
  ) {
    const { exitCode, stdout } = await record(["topic", ...words]);
    assert.deepEqual([exitCode, stdout], [16, ""], words.join(" "));
  }
});

Deno.test("mq topic says that no name server answers", async () => {
  for (const words of [["list"], ["describe", "T"], ["create", "T"], ["delete", "T", "-y"]]) {
    const { exitCode, stdout, stderr } = await record(["topic", ...words, "-n", "127.0.0.1:1"]);
    assert.deepEqual([exitCode, stdout], [8, ""], words.join(" "));
    assert.match(stderr, /^mq: No name server answers: Cannot connect to 127\.0\.0\.1:1: /);
  }
});

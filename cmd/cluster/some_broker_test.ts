import assert from "node:assert/strict";
import { recordAt, rowsAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";

Deno.test("a cluster without a broker is not an empty one", async () => {
  await using it = await ClusterFixture.start({ brokers: 0 });
  const lines = [
    ["topic", "list"],
    ["group", "list"],
    ["group", "describe", "g"],
    ["group", "progress", "g"],
    ["group", "delete", "g", "--yes"],
    ["dlq", "list"],
    ["dlq", "list", "g"],
    ["dlq", "replay", "g"],
    ["message", "trace", "7F0000010000000000000000000A"],
  ];
  for (const words of lines) {
    const { stderr, exitCode } = await recordAt(it, words);
    assert.equal(exitCode, 8, words.join(" "));
    assert.match(stderr, /^mq: There is no broker: /, words.join(" "));
  }
  const { rows, exitCode } = await rowsAt(it, ["cluster", "status"]);
  assert.equal(exitCode, 8);
  assert.deepEqual(rows.map((row) => [row["kind"], row["wrong"], row["note"]]), [
    ["namesrv", true, "knows no broker"],
  ]);
});

import assert from "node:assert/strict";
import { recordAt, rowsAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";

Deno.test("mq group create makes a group once, and prints it", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const create = ["group", "create", "g", "--retry-max", "0", "--no-broadcast"];
  const { rows, exitCode } = await rowsAt(it, [...create, "--broker", "broker-b"]);
  assert.equal(exitCode, 0);
  assert.deepEqual(
    rows.map((row) => [
      row["group"],
      row["brokerName"],
      row["retryMaxTimes"],
      row["consumeEnable"],
      row["consumeBroadcastEnable"],
    ]),
    [["g", "broker-b", 0, true, false]],
  );
  const again = await recordAt(it, create);
  assert.deepEqual([again.exitCode, again.stdout], [8, ""]);
  assert.equal(again.stderr, 'mq: Group "g" is there already, at broker-b\n');
  assert.equal((await recordAt(it, ["group", "create", "a b"])).exitCode, 16);
});

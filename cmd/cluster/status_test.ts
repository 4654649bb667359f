import assert from "node:assert/strict";
import { fill, recordAt, rowsAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq cluster status tells of every name server and broker how it is", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  await it.client.admin.createTopic("T", { readQueues: 1, writeQueues: 1 });
  await fill(it, { topic: "T", queueId: 0, count: 3 });
  const { rows, exitCode } = await rowsAt(it, ["cluster", "status"]);
  assert.equal(exitCode, 0);
  assert.deepEqual(rows.map((row) => [row["kind"], row["brokerName"], row["address"]]), [
    ["namesrv", undefined, it.nameServer.peer],
    ["broker", "broker-a", it.brokers[0]!.peer],
    ["broker", "broker-b", it.brokers[1]!.peer],
  ]);
  const [namesrv, broker] = rows;
  assert.equal(namesrv!["note"], "knows 2");
  assert.deepEqual([broker!["cluster"], broker!["brokerId"], broker!["wrong"]], ["C1", 0, false]);
  assert.equal(broker!["inToday"], 3);
  assert.equal(typeof broker!["inTps"], "number");
  assert.equal(typeof broker!["version"], "string");
  assert(Math.abs(Date.now() - Number(broker!["upSince"])) < 60_000);
});

Deno.test("mq cluster status shows what does not answer, and ends with 8", async () => {
  await using it = await ClusterFixture.start();
  const some = await record(["cluster", "status", "-n", `127.0.0.1:1;${it.nameServer.peer}`]);
  assert.equal(some.exitCode, 8);
  const [, gone, there, broker] = some.stdout.split("\n");
  assert.match(gone!, /^namesrv\t\t\t\t127\.0\.0\.1:1\t.*Cannot connect to 127\.0\.0\.1:1: /);
  assert.match(there!, /\tknows 1$/);
  assert.match(broker!, /^broker\tC1\tbroker-a\t0\t/);
  const none = await record(["cluster", "status", "-n", "127.0.0.1:1"]);
  assert.equal(none.exitCode, 8);
  assert.match(none.stdout, /\nnamesrv\t.*No name server answers: /);
});

Deno.test("mq cluster status tells of a broker that takes no messages", async () => {
  await using it = await ClusterFixture.start({ config: { brokerPermission: 4 } });
  assert.match((await recordAt(it, ["cluster", "status"])).stdout, /\ttakes no messages\n$/);
});

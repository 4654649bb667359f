import assert from "node:assert/strict";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("a group without dead letters has none; one that does not exist is named", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createGroup("billing");
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const listed = await record(["dlq", "list", "billing", "-o", "json"], { env });
  assert.deepEqual([listed.exitCode, listed.stdout.trim().replace(/\s/g, "")], [0, "[]"]);
  assert.match(listed.stderr, /group "billing" has no dead letters\n$/);
  const replayed = await record(["dlq", "replay", "billing", "-o", "jsonl"], { env });
  assert.deepEqual([replayed.exitCode, JSON.parse(replayed.stdout).sent], [0, 0]);
  assert.match(replayed.stderr, /group "billing" has no dead letters\n$/);
  for (const command of ["list", "replay"]) {
    const { exitCode, stderr } = await record(["dlq", command, "biling"], { env });
    assert.equal(exitCode, 8);
    assert.match(stderr, /mq: Group "biling" does not exist: /);
  }
});

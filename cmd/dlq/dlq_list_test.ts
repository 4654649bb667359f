import assert from "node:assert/strict";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq dlq list tells which groups have dead letters, and shows those of one", async () => {
  await using it = await ClusterFixture.start();
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const listed = (...words: string[]) => record(["dlq", "list", ...words], { env });
  assert.equal((await listed("-o", "jsonl")).stdout, "");
  await it.client.admin.createTopic("%DLQ%billing", { readQueues: 1, writeQueues: 1 });
  const producer = it.client.producer({ group: "p" });
  for (const body of ["a", "b"]) await producer.send({ topic: "%DLQ%billing", body });
  const { lastStoreTimestamp, ...row } = JSON.parse((await listed("-o", "jsonl")).stdout);
  assert.deepEqual(row, { group: "billing", messages: 2 });
  assert(lastStoreTimestamp > 0);
  assert.equal((await listed("billing", "--format", "%b ")).stdout, "a b ");
  assert.equal((await listed("gone")).exitCode, 8);
  assert.equal((await listed("--limit", "1")).exitCode, 16);
});

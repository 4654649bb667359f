import assert from "node:assert/strict";
import { fill, recordAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";

Deno.test("mq topic delete says what is lost, asks, and deletes", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 2, writeQueues: 2 });
  await fill(it, { topic: "T", queueId: 0, count: 3 });
  const words = ["topic", "delete", "T"];
  const facts = 'mq: topic "T" has 3 messages in 2 queues at broker-a; no group consumes it\n';
  const nobody = await recordAt(it, words);
  assert.equal(nobody.exitCode, 32);
  assert.equal(
    nobody.stderr,
    `${facts}mq: Nobody to ask whether to delete topic "T" for good: add --yes\n`,
  );
  const no = await recordAt(it, words, { answer: false });
  assert.deepEqual([no.exitCode, no.stderr], [32, `${facts}mq: Nothing was changed\n`]);
  assert.notEqual(await admin.route("T"), undefined);
  const yes = await recordAt(it, words, { answer: true });
  assert.deepEqual([yes.exitCode, yes.stdout], [0, ""]);
  assert.equal(yes.stderr, `${facts}mq: topic "T" is deleted\n`);
  assert.equal(await admin.route("T"), undefined);
  assert.equal((await recordAt(it, [...words, "--yes"])).exitCode, 8);
});

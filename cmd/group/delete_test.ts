import assert from "node:assert/strict";
import { fill, recordAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";

Deno.test("mq group delete says what is left, asks, and deletes", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 1, writeQueues: 1 });
  await admin.createGroup("g");
  await fill(it, { topic: "T", queueId: 0, count: 3 });
  await admin.setOffset("g", { topic: "T", brokerName: "broker-a", queueId: 0, offset: 1 });
  const words = ["group", "delete", "g"];
  const refused = await recordAt(it, words);
  assert.equal(refused.exitCode, 32);
  assert.equal(
    refused.stderr,
    'mq: nobody of group "g" is online\n' +
      "mq: 2 messages in 1 queue it has offsets in are not consumed\n" +
      'mq: Nobody to ask whether to delete group "g" for good: add --yes\n',
  );
  const kept = await recordAt(it, [...words, "--yes", "--keep-offsets"]);
  assert.equal(kept.exitCode, 0);
  assert.match(kept.stderr, /mq: its offsets stay\nmq: group "g" is deleted\n$/);
  assert.deepEqual(await admin.groupConfig("g"), []);
  assert.equal((await admin.offsets("g", "T")).length, 1);
  assert.equal((await recordAt(it, words, { answer: true })).exitCode, 0);
  assert.equal((await admin.offsets("g", "T")).length, 0);
  const gone = await recordAt(it, [...words, "--yes"]);
  assert.equal(gone.exitCode, 8);
  assert.match(gone.stderr, /^mq: Group "g" does not exist: /);
});

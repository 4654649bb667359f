import assert from "node:assert/strict";
import { fill, recordAt, rowsAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";

async function running() {
  const it = await ClusterFixture.start();
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 2, writeQueues: 2 });
  await admin.createGroup("g");
  for (const queueId of [0, 1]) await fill(it, { topic: "T", queueId, count: 3 });
  await admin.setOffset("g", { topic: "T", brokerName: "broker-a", queueId: 1, offset: 2 });
  return it;
}

function moves(rows: readonly Record<string, unknown>[]) {
  return rows.map((row) => ["queueId", "from", "to", "again", "skipped"].map((name) => row[name]));
}

Deno.test("mq group reset says what comes again and what is left out, asks, and moves", async () => {
  await using it = await running();
  const to = (where: string, ...words: string[]) =>
    rowsAt(it, ["group", "reset", "g", "T", "--to", where, ...words]);
  const dry = await to("last", "--dry-run");
  assert.deepEqual([dry.exitCode, moves(dry.rows)], [4, [[0, 0, 3, 0, 3], [1, 2, 3, 0, 1]]]);
  const asked = await to("last");
  assert.equal(asked.exitCode, 32);
  assert.equal(
    asked.stderr,
    "mq: 2 of 2 queues to be moved: 4 messages never consumed\n" +
      "mq: nobody of the group is online\n" +
      'mq: Nobody to ask whether to move group "g" in topic "T" to last: add --yes\n',
  );
  assert.deepEqual(moves((await to("last", "--yes")).rows), [[0, 0, 3, 0, 3], [1, 2, 3, 0, 1]]);
  assert.deepEqual(moves((await to("offset:1", "--queue", "1", "--yes")).rows), [
    [1, 3, 1, 2, 0],
  ]);
  assert.deepEqual(moves((await to("-1h", "--yes")).rows), [[0, 3, 0, 3, 0], [1, 1, 0, 1, 0]]);
  const still = await to("first", "--dry-run");
  assert.deepEqual([still.exitCode, moves(still.rows)], [0, [[0, 0, 0, 0, 0], [1, 0, 0, 0, 0]]]);
});

Deno.test("mq group reset says which queue and which offset there is not", async () => {
  await using it = await running();
  const reset = (...words: string[]) => recordAt(it, ["group", "reset", "g", "T", ...words]);
  const queue = await reset("--to", "first", "--queue", "2", "--yes");
  assert.equal(queue.exitCode, 16);
  assert.match(queue.stderr, /^mq: Topic "T" has no queue 2 that group "g" reads; /);
  const offset = await reset("--to", "offset:9", "--yes");
  assert.equal(offset.exitCode, 16);
  assert.match(offset.stderr, /offset is 9, queue 0 of broker-a has 0 to 3; see /);
  const dry = await reset("--to", "offset:9", "--dry-run");
  assert.deepEqual([dry.exitCode, dry.stdout, dry.stderr], [16, "", offset.stderr]);
  assert.equal((await reset("--to", "offset:3", "--dry-run")).exitCode, 4);
  assert.deepEqual((await it.client.admin.offsets("g", "T")).map((it) => it.offset), [2]);
});

Deno.test("mq group reset does not move a group that does not exist", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T");
  const words = ["group", "reset", "nobody", "T", "--to", "last", "--yes"];
  const { exitCode, stderr } = await recordAt(it, words);
  assert.equal(exitCode, 8);
  assert.equal(
    stderr,
    'mq: Group "nobody" does not exist: no broker has settings or offsets of it in topic "T"\n',
  );
  // One that is made may be put somewhere before it consumes.
  await it.client.admin.createGroup("nobody");
  assert.equal((await recordAt(it, words)).exitCode, 0);
});

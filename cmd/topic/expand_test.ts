import assert from "node:assert/strict";
import { fill, recordAt, rowsAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";

/** A topic of three queues, in one of which a group has two messages to read. */
async function running({ brokers = 1 } = {}) {
  const it = await ClusterFixture.start({ brokers });
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 3, writeQueues: 3 });
  await admin.createGroup("g");
  await fill(it, { topic: "T", queueId: 1, count: 2 });
  await admin.setOffset("g", { topic: "T", brokerName: "broker-a", queueId: 0, offset: 0 });
  return it;
}

const EXPAND = ["topic", "expand", "T", "--to", "6", "--settle", "0"];
const READ = { topic: "T", brokerName: "broker-a", queueId: 1, offset: 2 };

function phases(rows: readonly Record<string, unknown>[]) {
  return rows.map((row) => row["phase"]);
}

Deno.test("mq topic expand takes step after step, whoever calls it the next time", async () => {
  await using it = await running();
  const dry = await rowsAt(it, [...EXPAND, "--dry-run"]);
  assert.deepEqual([dry.exitCode, phases(dry.rows)], [4, ["ready"]]);
  const asked = await recordAt(it, [...EXPAND, "--no-wait"]);
  assert.equal(asked.exitCode, 32);
  assert.equal(
    asked.stderr,
    'mq: topic "T" has 3 queues: broker-a 3\n' +
      "mq: broker-a gets 6 queues instead of 3\n" +
      "mq: groups that must have read the old queues first: g\n" +
      'mq: Nobody to ask whether to expand topic "T": add --yes\n',
  );
  const step = () => rowsAt(it, [...EXPAND, "--no-wait", "--yes"]);
  const settling = await step();
  assert.deepEqual([settling.exitCode, phases(settling.rows)], [4, ["settling"]]);
  const draining = await step();
  assert.deepEqual([draining.exitCode, phases(draining.rows)], [4, ["draining"]]);
  assert.equal(draining.stderr, 'mq: topic "T" is on its way to 6 queues; going on\n');
  assert.deepEqual(draining.rows[0]!["backlog"], [
    { group: "g", brokerName: "broker-a", queueId: 1, mark: 2 },
  ]);
  const waiting = await recordAt(it, [...EXPAND, "--no-wait"]);
  assert.match(waiting.stdout, /\tdraining\tbroker-a\t3\t6\tg has 2 to read\n$/);
  await it.client.admin.setOffset("g", READ);
  const done = await step();
  assert.deepEqual([done.exitCode, phases(done.rows)], [0, ["done"]]);
  const again = await step();
  assert.deepEqual([again.exitCode, phases(again.rows)], [0, ["done"]]);
});

Deno.test("mq topic expand waits until it is done, and may be stopped", async () => {
  await using it = await running();
  const stop = new AbortController();
  const stopped = await rowsAt(it, [...EXPAND, "--yes"], {
    stop: stop.signal,
    onStdout: (text) => text.includes("draining") && stop.abort(),
  });
  assert.equal(stopped.exitCode, 130);
  await it.client.admin.setOffset("g", READ);
  const { rows, exitCode } = await rowsAt(it, EXPAND);
  assert.deepEqual([exitCode, phases(rows)], [0, ["done"]]);
  assert.equal((await it.client.admin.topicConfig("T"))[0]!.readQueues, 6);
});

Deno.test("mq topic expand does not wait for a group it is told to ignore", async () => {
  await using it = await running();
  const { rows, exitCode } = await rowsAt(it, [...EXPAND, "--yes", "--ignore-group", "g"]);
  assert.deepEqual([exitCode, phases(rows)], [0, ["settling", "draining", "done"]]);
});

Deno.test("mq topic expand refuses what would break the order", async () => {
  await using it = await running();
  const refused = await recordAt(it, ["topic", "expand", "T", "--to", "4"]);
  assert.equal(refused.exitCode, 16);
  assert.match(refused.stderr, /it has 3 queues to read and 4 is no multiple of that; /);
});

Deno.test("mq topic expand lets one broker grow after the other, and says so first", async () => {
  await using it = await running({ brokers: 2 });
  const words = ["topic", "expand", "T", "--to", "24", "--settle", "0"];
  const asked = await recordAt(it, words);
  assert.equal(asked.exitCode, 32);
  assert.equal(
    asked.stderr,
    'mq: topic "T" has 6 queues: broker-a 3, broker-b 3\n' +
      "mq: one broker grows after the other, to keep the order\n" +
      "mq: broker-a gets 9 queues instead of 3\n" +
      "mq: broker-b gets 15 queues instead of 3\n" +
      "mq: groups that must have read the old queues first: g\n" +
      'mq: Nobody to ask whether to expand topic "T": add --yes\n',
  );
  await it.client.admin.setOffset("g", READ);
  const { rows, exitCode } = await rowsAt(it, [...words, "--yes"]);
  assert.equal(exitCode, 0);
  assert.deepEqual(
    rows.map((row) => [row["phase"], row["brokerName"], row["from"], row["to"]]),
    [
      ["settling", "broker-a", 6, 12],
      ["draining", "broker-a", 6, 12],
      ["ready", "broker-b", 12, 24],
      ["settling", "broker-b", 12, 24],
      ["draining", "broker-b", 12, 24],
      ["done", "broker-b", 12, 24],
    ],
  );
});

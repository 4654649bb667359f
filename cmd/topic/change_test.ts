import assert from "node:assert/strict";
import { recordAt, rowsAt } from "../../testdata/cluster_commands.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";

Deno.test("mq topic create makes a topic once, and prints it", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  const create = ["topic", "create", "T", "--queues", "4", "--write-queues", "5", "--perm", "rw"];
  const { rows, exitCode } = await rowsAt(it, [
    ...create,
    ...["--attribute", "message.type=FIFO", "--broker", "broker-b"],
  ]);
  assert.equal(exitCode, 0);
  assert.deepEqual(rows, [{
    brokerName: "broker-b",
    address: it.brokers[1]!.peer,
    topic: "T",
    readQueues: 4,
    writeQueues: 5,
    perm: 6,
    order: false,
    attributes: { "message.type": "FIFO" },
  }]);
  const again = await recordAt(it, create);
  assert.deepEqual([again.exitCode, again.stdout], [8, ""]);
  assert.equal(
    again.stderr,
    'mq: Topic "T" is there already, at broker-b; mq topic update changes it\n',
  );
});

Deno.test("mq topic update changes what is said, and asks before something cannot be read", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 4, writeQueues: 4 });
  const counts = async () => {
    const [config] = await admin.topicConfig("T");
    return [config!.readQueues, config!.writeQueues, config!.perm, config!.order];
  };
  const update = (...words: string[]) => recordAt(it, ["topic", "update", "T", ...words]);
  assert.equal((await update("--queues", "8", "--order")).exitCode, 0);
  assert.deepEqual(await counts(), [8, 8, 6, true]);
  assert.equal((await update("--no-order")).exitCode, 0);
  assert.deepEqual(await counts(), [8, 8, 6, false]);
  const refused = await update("--read-queues", "2", "--perm", "w");
  assert.equal(refused.exitCode, 32);
  assert.equal(
    refused.stderr,
    "mq: broker-a: queues 2 to 7 can be read no more, with what is in them\n" +
      "mq: broker-a: nobody can read it any more\n" +
      'mq: Nobody to ask whether to change topic "T": add --yes\n',
  );
  assert.deepEqual(await counts(), [8, 8, 6, false]);
  assert.equal((await update("--read-queues", "2", "--perm", "r", "--yes")).exitCode, 0);
  assert.deepEqual(await counts(), [2, 8, 4, false]);
  const nothing = await update();
  assert.equal(nothing.exitCode, 16);
  assert.match(nothing.stderr, /^mq: Nothing to change: give --queues, /);
});

Deno.test("mq topic update asks before an order is broken", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 3, writeQueues: 3, order: true });
  const update = (...words: string[]) => recordAt(it, ["topic", "update", "T", ...words]);
  for (const [count, queues] of [["12", "12 queues"], ["1", "1 queue"]] as const) {
    const { stderr, exitCode } = await update("--queues", count);
    assert.equal(exitCode, 32, stderr);
    assert(
      stderr.includes(
        `mq: broker-a: it is in order, and with ${queues} to write instead of 3 messages of a key ` +
          "overtake one another; mq topic expand keeps the order\n",
      ),
      stderr,
    );
  }
  assert.equal((await update("--perm", "rw", "--queues", "3")).exitCode, 0);
  // Who gives up the order need not be asked about it.
  assert.equal((await update("--queues", "12", "--no-order")).exitCode, 0);
});

Deno.test("mq topic create and update tell of queues that are written and not read", async () => {
  await using it = await ClusterFixture.start();
  const topic = (...words: string[]) => recordAt(it, ["topic", ...words]);
  const made = await topic("create", "T", "--read-queues", "4", "--write-queues", "8");
  assert.deepEqual([made.exitCode, made.stderr], [
    0,
    "mq: broker-a: queues 4 to 7 are written and not read: nobody gets what is sent there\n",
  ]);
  // What is so already is not asked about.
  assert.equal((await topic("update", "T", "--perm", "rw")).exitCode, 0);
  assert.equal((await topic("update", "T", "--read-queues", "8")).exitCode, 0);
  const more = await topic("update", "T", "--write-queues", "9");
  assert.deepEqual([more.exitCode, more.stderr], [
    32,
    "mq: broker-a: queue 8 is written and not read: nobody gets what is sent there\n" +
    'mq: Nobody to ask whether to change topic "T": add --yes\n',
  ]);
  assert.equal((await topic("update", "T", "--write-queues", "9", "--yes")).exitCode, 0);
});

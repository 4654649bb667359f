import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { eventually } from "../../testdata/eventually.ts";
import { FullDisk } from "../../testdata/full_disk.ts";
import { record, type RecordedSurroundings } from "../../testdata/recorded_terminal.ts";

const COUNT = 6;

/** A group whose messages have all died. */
async function died(): Promise<ClusterFixture> {
  const it = await ClusterFixture.start();
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 2, writeQueues: 2 });
  const producer = it.client.producer({ group: "p" });
  for (let at = 0; at < COUNT; at++) {
    await producer.send({
      topic: "T",
      body: `${at}`,
      keys: `k${at}`,
      tag: "t",
      properties: { x: "1" },
    });
  }
  const consumer = it.client.consumer({ group: "g", subscribe: { T: "*" }, startFrom: "first" });
  void consumer.run((message) => message.retry({ delayLevel: -1 }));
  await eventually(async () => await dead(it) === COUNT, "all messages are dead");
  await consumer[Symbol.asyncDispose]();
  return it;
}

async function dead(it: ClusterFixture): Promise<number> {
  const stats = await it.client.admin.topicStats("%DLQ%g").catch(() => ({ queues: [] }));
  return stats.queues.reduce((sum, queue) => sum + queue.maxOffset, 0);
}

async function replayedRun(it: ClusterFixture, words: string[], more: RecordedSurroundings = {}) {
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const run = await record(["dlq", "replay", "g", "-o", "jsonl", ...words], { env, ...more });
  const rows = run.stdout.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return { ...run, rows, summary: rows.at(-1) };
}

Deno.test("mq dlq replay --dry-run counts and sends nothing", async () => {
  await using it = await died();
  const { rows, exitCode, stderr } = await replayedRun(it, ["--dry-run"]);
  assert.equal(exitCode, 0, stderr);
  const counts = { read: COUNT, chosen: COUNT, sent: 0, skipped: 0 };
  assert.deepEqual(rows, [{ kind: "topic", topic: "T", ...counts }, {
    kind: "summary",
    ...counts,
  }]);
  assert.equal((await Array.fromAsync(it.client.admin.browse("T"))).length, COUNT);
});

Deno.test("mq dlq replay gives them to the group alone, under the topic they came from", async () => {
  await using it = await died();
  const { summary, exitCode, stderr } = await replayedRun(it, []);
  assert.deepEqual([summary.sent, exitCode], [COUNT, 0], stderr);
  const consumer = it.client.consumer({ group: "g", subscribe: { T: "*" }, startFrom: "first" });
  const bodies: string[] = [];
  for await (const message of consumer) {
    assert.deepEqual([message.topic, message.tag, message.properties.get("x")], ["T", "t", "1"]);
    bodies.push(message.text());
    message.ack();
    if (bodies.length === COUNT) break;
  }
  assert.deepEqual(bodies.sort(), ["0", "1", "2", "3", "4", "5"]);
  assert.equal((await Array.fromAsync(it.client.admin.browse("T"))).length, COUNT, "nobody else");
  assert.equal(await dead(it), COUNT);
});

Deno.test("mq dlq replay --to origin gives them to the topic", async () => {
  await using it = await died();
  const { summary } = await replayedRun(it, ["--to", "origin", "--key", "k3"]);
  assert.deepEqual([summary.read, summary.chosen, summary.sent], [COUNT, 1, 1]);
  const messages = await Array.fromAsync(it.client.admin.browse("T"));
  assert.deepEqual(messages.slice(COUNT).map((message) => message.text()), ["3"]);
});

Deno.test("mq dlq replay goes on where it stopped", async () => {
  await using it = await died();
  const files = new MemoryFiles();
  const words = ["--to", "origin", "--cursor-file", "cursor"];
  const sent: number[] = [];
  for (const more of [["--limit", "2"], ["--limit", "3"], [], []]) {
    sent.push((await replayedRun(it, [...words, ...more], { files })).summary.sent);
  }
  assert.deepEqual(sent, [2, 3, 1, 0]);
  const messages = await Array.fromAsync(it.client.admin.browse("T"));
  const bodies = messages.slice(COUNT).map((message) => message.text()).sort();
  assert.deepEqual(bodies, ["0", "1", "2", "3", "4", "5"]);
  const other = await replayedRun(it, ["--cursor-file", "cursor"], { files });
  assert.deepEqual([other.exitCode, other.stdout], [8, ""]);
});

Deno.test("mq dlq replay that is stopped says how far it came, and goes on there", async () => {
  await using it = await died();
  const files = new MemoryFiles();
  const words = ["--to", "origin", "--cursor-file", "cursor", "--rate", "4"];
  const stop = AbortSignal.timeout(400);
  const first = await replayedRun(it, words, { files, stop });
  assert.match(first.stderr, /; \d messages? sent; the same command goes on there\n/);
  const second = await replayedRun(it, words, { files });
  assert.equal(first.summary.sent + second.summary.sent, COUNT);
});

Deno.test("mq dlq replay sends nothing where its place cannot be kept", async () => {
  await using it = await died();
  const files = new FullDisk();
  files.full = true;
  const words = ["--to", "origin", "--cursor-file", "cursor"];
  const { summary, stderr, exitCode } = await replayedRun(it, words, { files });
  assert.deepEqual([summary.sent, exitCode], [0, 8]);
  assert.match(stderr, /mq: Cannot write cursor "cursor": .*; 0 messages sent\n$/);
  assert.equal((await Array.fromAsync(it.client.admin.browse("T"))).length, COUNT);
});

Deno.test("mq dlq replay whose place can be kept no more says what it sent", async () => {
  await using it = await died();
  const files = new FullDisk();
  const open = files.openWrite.bind(files);
  files.openWrite = (path) => {
    const file = open(path);
    files.full = true;
    return file;
  };
  const words = ["--to", "origin", "--cursor-file", "cursor"];
  const { summary, stderr, exitCode } = await replayedRun(it, words, { files });
  assert.deepEqual([summary.sent, exitCode], [COUNT, 8]);
  assert.match(stderr, /mq: Cannot write cursor .*; 6 messages sent, not all of which the cursor/);
});

Deno.test("mq dlq replay: what does not tell its topic is skipped, and that is no success", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("%DLQ%g", { readQueues: 1, writeQueues: 1 });
  await it.client.producer({ group: "p" }).send({ topic: "%DLQ%g", body: "a" });
  const { summary, exitCode, stderr } = await replayedRun(it, []);
  assert.deepEqual([summary.chosen, summary.skipped, exitCode], [1, 1, 4]);
  assert.match(stderr, /1 dead letter skipped: it does not tell/);
});

import assert from "node:assert/strict";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

async function benched(it: ClusterFixture, ...words: string[]) {
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const run = await record(["bench", ...words, "--summary", "-o", "jsonl"], { env });
  return { ...run, row: run.stdout === "" ? undefined : JSON.parse(run.stdout) };
}

/** Beside much other work little is done within a second: then the same lasts longer. */
async function lasting(
  it: ClusterFixture,
  words: readonly string[],
  isEnough: (row: { readonly messages: number }) => boolean,
): ReturnType<typeof benched> {
  for (let seconds = 0.5;; seconds *= 2) {
    const result = await benched(it, ...words, "--duration", String(seconds));
    if (result.row !== undefined && isEnough(result.row)) return result;
    assert(seconds < 60, `${words.join(" ")}: ${JSON.stringify(result.row)} in ${seconds} s`);
  }
}

async function storedIn(it: ClusterFixture, topic: string): Promise<number> {
  const { queues } = await it.client.admin.topicStats(topic);
  return queues.reduce((sum, queue) => sum + queue.maxOffset, 0);
}

Deno.test("mq bench send counts what is stored, and mq bench receive what is consumed", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T");
  // In each run one more finds the route before time is taken.
  let sent = 0;
  const closed = await lasting(it, ["send", "T", "--size", "100"], ({ messages }) => {
    sent += messages + 1;
    return messages > 0;
  });
  assert.equal(closed.exitCode, 0, closed.stderr);
  assert.equal(await storedIn(it, "T"), sent);
  assert(closed.row.p50Ms <= closed.row.p99Ms && closed.row.p99Ms <= closed.row.maxMs);
  const batch = await benched(it, "send", "T", "--duration", "0.2", "--batch", "8");
  assert.equal(batch.row.messages % 8, 0);
  const all = sent + batch.row.messages + 1;
  assert.equal(await storedIn(it, "T"), all);
  // A group goes on where it was.
  let messages = 0;
  const received = await lasting(it, ["receive", "T"], (row) => (messages += row.messages) >= all);
  assert.deepEqual([messages, received.exitCode], [all, 0], received.stderr);
  const last = ["--group", "new", "--from", "last", "--duration", "1"];
  const none = await benched(it, "receive", "T", ...last);
  assert.deepEqual([none.row.messages, none.exitCode], [0, 0], none.stderr);
});

Deno.test("mq bench send keeps a rate", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T");
  const words = ["send", "T", "--rate", "50"];
  const { row } = await lasting(it, words, ({ messages }) => messages >= 10);
  assert(row.messages <= 50 * row.seconds + 1, `${row.messages} in ${row.seconds} s`);
});

Deno.test("mq bench latency gets every message back", async () => {
  await using it = await ClusterFixture.start();
  const words = ["latency", "T", "--rate", "50"];
  const run = await lasting(it, words, ({ messages }) => messages > 10);
  assert.deepEqual([run.exitCode, run.row.errors], [0, 0], run.stderr);
  assert(run.row.p50Ms > 0);
});

Deno.test("mq bench ends at once where there is no cluster, no time, or no request so large", async () => {
  const run = await record(["bench", "send", "T", "-n", "127.0.0.1:1"]);
  assert.deepEqual([run.exitCode, run.stdout], [8, ""]);
  for (const duration of ["0", "-1", "2d", "x"]) {
    const wrong = await record(["bench", "send", "T", "--duration", duration]);
    assert.equal(wrong.exitCode, 16, duration);
  }
  const large = await record(["bench", "send", "T", "--batch", "4097", "--size", "1024"]);
  assert.equal(large.exitCode, 16);
  assert.match(large.stderr, /--batch 4097 with --size 1024 are 4195328 bytes a request, expected/);
  const many = ["--size", "4194304", "--in-flight", "257"];
  const all = await record(["bench", "send", "T", ...many]);
  assert.equal(all.exitCode, 16);
  assert.match(all.stderr, /--in-flight 257 requests of 4194304 bytes are 1077936128 bytes under/);
});

Deno.test("mq bench at a rate that nobody reaches ends after its time, and says so", async () => {
  await using it = await ClusterFixture.start();
  for (const command of ["latency", "send"]) {
    const words = [command, "T", "--rate", "1000000"];
    const { row, stderr } = await lasting(it, words, ({ messages }) => messages > 0);
    assert(row.messages < 1_000_000, `${command}: ${row.messages}`);
    assert(row.lateMs > 10 && row.lateMs <= row.seconds * 1000 + 100, `${command}: ${row.lateMs}`);
    // Times are those since a send was due.
    assert(row.maxMs >= row.lateMs, `${command}: ${row.maxMs} ${row.lateMs}`);
    assert.match(stderr, /mq: the rate was not reached: the last send began \d+ ms after/);
  }
});

Deno.test("mq bench at such a rate ends when it is stopped", async () => {
  await using it = await ClusterFixture.start();
  const stop = new AbortController();
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const onStdout = () => stop.abort(new Error("Stopped by test"));
  const words = ["bench", "latency", "T", "--duration", "10", "--rate", "1000000", "-o", "jsonl"];
  const { stdout, stderr } = await record(words, { env, stop: stop.signal, onStdout });
  assert.match(stderr, /Stopped by test/);
  assert(JSON.parse(stdout.trim().split("\n").at(-1)!).seconds < 9, stdout);
});

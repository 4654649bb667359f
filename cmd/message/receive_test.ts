import assert from "node:assert/strict";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { record, type RecordedSurroundings } from "../../testdata/recorded_terminal.ts";

async function filled(count: number): Promise<ClusterFixture> {
  const it = await ClusterFixture.start();
  await it.client.admin.createTopic("T", { readQueues: 1, writeQueues: 1 });
  const producer = it.client.producer({ group: "p" });
  for (let at = 0; at < count; at++) {
    await producer.send({ topic: "T", body: `${at}`, tag: at % 2 === 0 ? "even" : "odd" });
  }
  return it;
}

async function received(it: ClusterFixture, words: string[], more: RecordedSurroundings = {}) {
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const all = ["message", "receive", "T", "--format", "%b ", "--wait", "1500", ...words];
  const run = await record(all, { env, ...more });
  return { ...run, found: run.stdout.trim() };
}

Deno.test("mq message receive goes on where the group was", async () => {
  await using it = await filled(8);
  const first = await received(it, ["--group", "g", "--limit", "3"]);
  assert.deepEqual([first.found, first.exitCode], ["0 1 2", 0], first.stderr);
  const rest = await received(it, ["--group", "g", "--limit", "5"]);
  assert.equal(rest.found, "3 4 5 6 7");
  const none = await received(it, ["--group", "g", "--wait", "300"]);
  assert.deepEqual([none.found, none.exitCode], ["", 0]);
  assert.match(none.stderr, /no message came within 300 ms/);
  // Nothing was sent back, to come again later.
  assert.deepEqual(await Array.fromAsync(it.client.admin.browse("SCHEDULE_TOPIC_XXXX")), []);
});

Deno.test("mq message receive takes what is chosen", async () => {
  await using it = await filled(6);
  assert.equal(
    (await received(it, ["--group", "g", "--filter", "odd", "--limit", "3"])).found,
    "1 3 5",
  );
});

Deno.test("mq message receive: what a reader did not take comes again", async () => {
  await using it = await filled(5);
  const gone = await received(it, ["--group", "g", "--follow"], { readerBytesMax: 0 });
  assert.deepEqual([gone.found, gone.exitCode], ["", 0], gone.stderr);
  assert.equal((await received(it, ["--group", "g", "--limit", "5"])).found, "0 1 2 3 4");
});

Deno.test("mq message receive --follow ends with the reason when it is stopped, and has committed", async () => {
  await using it = await filled(4);
  const stop = new AbortController();
  let text = "";
  const onStdout = (more: string) => {
    text += more;
    if (text.trim().endsWith("3")) stop.abort(new Error("Stopped by test"));
  };
  const run = await received(it, ["--group", "g", "--follow"], { stop: stop.signal, onStdout });
  assert.match(run.stderr, /Stopped by test/);
  const { lag } = await it.client.admin.progress("g");
  assert.equal(lag, 0);
});

Deno.test("mq message receive: a new group begins where it is asked to, in a young topic, too", async () => {
  await using it = await filled(4);
  const last = await received(it, ["--group", "g", "--from", "last", "--wait", "300"]);
  assert.deepEqual([last.found, last.exitCode], ["", 0], last.stderr);
  await it.client.producer({ group: "p2" }).send({ topic: "T", body: "new" });
  assert.equal(
    (await received(it, ["--group", "g", "--from", "last", "--limit", "1"])).found,
    "new",
  );
  const times = (await Array.fromAsync(it.client.admin.browse("T"))).map(({ storedAt }) =>
    storedAt
  );
  const later = ["--since", new Date(times.at(-1)!.getTime() + 1).toISOString()];
  const none = await received(it, ["--group", "h", ...later, "--wait", "300"]);
  assert.deepEqual([none.found, none.exitCode], ["", 0], none.stderr);
  const since = ["--since", times[0]!.toISOString()];
  const all = await received(it, ["--group", "i", ...since, "--limit", "5"]);
  assert.equal(all.found, "0 1 2 3 new");
});

Deno.test("mq message receive: a group that has been there goes on where it was, wherever it would begin", async () => {
  await using it = await filled(4);
  const place = { topic: "T", brokerName: "broker-a", queueId: 0 };
  await it.client.admin.createGroup("g");
  await it.client.admin.setOffset("g", { ...place, offset: 0 });
  const words = ["--group", "g", "--from", "last", "--limit", "4"];
  assert.equal((await received(it, words)).found, "0 1 2 3");
});

Deno.test("mq message receive without a group changes nothing", async () => {
  await using it = await filled(3);
  assert.equal((await received(it, [])).found, "0 1 2");
  assert.equal((await received(it, [])).found, "0 1 2");
  const refused = async (words: string[], says: RegExp) => {
    const wrong = await received(it, ["--group", "g", ...words]);
    assert.deepEqual([wrong.exitCode, wrong.found], [16, ""]);
    assert.match(wrong.stderr, says);
  };
  await refused(["--from", "7"], /--from is "7", expected first or last/);
  await refused(["--from", "last", "--since", "-1h"], /--from and --since exclude each other/);
  await refused(["--since", "soon"], /mq: --since: "soon" is no time/);
});

Deno.test("mq message receive that cannot look does not say that nothing is there", async () => {
  const words = ["message", "receive", "T", "--group", "g", "--wait", "100"];
  const nobody = await record([...words, "-n", "127.0.0.1:1"]);
  assert.deepEqual([nobody.exitCode, nobody.stdout], [8, ""], nobody.stderr);
  assert.doesNotMatch(nobody.stderr, /no message came/);
  await using it = await ClusterFixture.start();
  const gone = await received(it, ["--group", "g"]);
  assert.equal(gone.exitCode, 8);
  assert.match(gone.stderr, /Cannot receive from topic "T": no broker has it/);
});

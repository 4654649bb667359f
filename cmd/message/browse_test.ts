import assert from "node:assert/strict";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { eventually } from "../../testdata/eventually.ts";
import {
  record,
  type RecordedSurroundings,
  recordedTerminal,
} from "../../testdata/recorded_terminal.ts";
import { run } from "../program.ts";

/** A topic with ten messages of two queues, every third with a tag. */
async function filled(): Promise<ClusterFixture> {
  const it = await ClusterFixture.start({ config: { enablePropertyFilter: true } });
  await it.client.admin.createTopic("T", { readQueues: 2, writeQueues: 2 });
  const producer = it.client.producer({ group: "p" });
  for (let at = 0; at < 10; at++) {
    const tag = at % 3 === 0 ? "third" : "other";
    const queue = { brokerName: "broker-a", queueId: at % 2 };
    await producer.send({ topic: "T", body: `${at}`, tag, keys: `k${at}` }, { queue });
  }
  return it;
}

async function browsed(it: ClusterFixture, words: string[], more: RecordedSurroundings = {}) {
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const all = ["message", "browse", "T", "--format", "%b ", ...words];
  const { stdout, stderr, exitCode } = await record(all, { env, ...more });
  return { found: stdout.trim(), stderr, exitCode };
}

Deno.test("mq message browse prints messages in the order in which they were stored", async () => {
  await using it = await filled();
  const check = async (words: string[], found: string) => {
    const run = await browsed(it, words);
    assert.deepEqual([run.found, run.exitCode], [found, 0], `${words.join(" ")}: ${run.stderr}`);
  };
  await check([], "0 1 2 3 4 5 6 7 8 9");
  await check(["--limit", "3"], "0 1 2");
  await check(["--filter", "third"], "0 3 6 9");
  await check(["--queue", "1"], "1 3 5 7 9");
  await check(["--queue", "broker-a:0", "--from", "3"], "6 8");
  await check(["--from", "last"], "");
  await check(["--since", "2100-01-01"], "");
  await check(["--until", "2000-01-01"], "");
});

Deno.test("mq message browse joins no group and commits nothing", async () => {
  await using it = await filled();
  const before = await it.client.admin.groups();
  await browsed(it, []);
  await browsed(it, []);
  assert.deepEqual(await it.client.admin.groups(), before);
});

Deno.test("mq message browse --follow goes on until it is stopped", async () => {
  await using it = await filled();
  const stop = new AbortController();
  const producer = it.client.producer({ group: "q" });
  let text = "";
  const onStdout = (more: string) => {
    text += more;
    if (text.trim().endsWith("9")) void producer.send({ topic: "T", body: "new" });
    if (text.includes("new")) stop.abort(new Error("Stopped by test"));
  };
  const run = await browsed(it, ["--follow"], { stop: stop.signal, onStdout });
  assert.equal(run.found, "0 1 2 3 4 5 6 7 8 9 new");
  assert.match(run.stderr, /Stopped by test/);
});

Deno.test("mq message browse --follow outlives a broker, and tells of it once", async () => {
  await using it = await filled();
  const stop = new AbortController();
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const { terminal, printed } = recordedTerminal({ env, stop: stop.signal });
  const running = run(["message", "browse", "T", "--format", "%b ", "--follow"], terminal);
  const shows = (text: string) => () => printed().stdout.trim().endsWith(text);
  await eventually(shows(" 9"), "all is printed");
  await it.stopBroker(0);
  const notes = () => printed().stderr.split("\n").filter((it) => it.includes("trying again"));
  await eventually(() => notes().length > 0, "it tells of the broker");
  await it.startBroker(0);
  await it.connect().producer({ group: "q" }).send({ topic: "T", body: "new" });
  await eventually(shows(" 9 new"), "it goes on");
  stop.abort(new Error("Stopped by test"));
  await running;
  assert.match(printed().stderr, /mq: Stopped by test/);
  assert.equal(notes().length, 1);
  assert.match(notes()[0]!, /mq: Cannot read queue \d of topic "T" at broker-a: .*; trying again/);
});

Deno.test("mq message browse: a reader that goes away is no failure", async () => {
  await using it = await filled();
  const run = await browsed(it, ["--follow"], { readerBytesMax: 3 });
  assert.equal(run.exitCode, 0, run.stderr);
});

Deno.test("mq message browse refuses what cannot be meant", async () => {
  await using it = await filled();
  const refused = async (words: string[], exitCode: number, says: RegExp) => {
    const run = await browsed(it, words);
    assert.deepEqual([run.exitCode, run.found], [exitCode, ""], run.stderr);
    assert.match(run.stderr, says);
  };
  await refused(["--from", "3"], 16, /an offset of one queue: give --queue/);
  await refused(["--from", "middle"], 16, /expected first, last or an offset/);
  await refused(["--from", "last", "--since", "-1h"], 16, /exclude each other/);
  await refused(["--follow", "--until", "now"], 16, /exclude each other/);
  await refused(["--queue", "7"], 16, /has no queue 7; it has broker-a:0, broker-a:1/);
  await refused(["--queue", "broker-z:0"], 16, /has no queue broker-z:0/);
  await refused(
    ["--queue", "1", "--from", "99"],
    16,
    /--from 99: queue broker-a:1 of topic "T" ends at \d; /,
  );
});

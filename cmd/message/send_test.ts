import assert from "node:assert/strict";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { eventually } from "../../testdata/eventually.ts";
import {
  record,
  type RecordedSurroundings,
  recordedTerminal,
} from "../../testdata/recorded_terminal.ts";
import { run } from "../program.ts";

/** Runs `mq message send` against a cluster, and reads the rows. */
async function sent(it: ClusterFixture, words: readonly string[], more: RecordedSurroundings = {}) {
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const run = await record(["message", "send", ...words, "-o", "jsonl"], { env, ...more });
  const rows = run.stdout.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return { ...run, rows };
}

async function stored(it: ClusterFixture, topic: string) {
  return await Array.fromAsync(it.client.admin.browse(topic));
}

Deno.test("mq message send sends what the options say", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T", { readQueues: 4, writeQueues: 4 });
  const words = ["T", "--body", "17 apples", "--key", "a", "--key", "b", "--tag", "paid"];
  const { rows, exitCode, stderr } = await sent(it, [...words, "--property", "region=eu"]);
  assert.equal(exitCode, 0, stderr);
  const [message] = await stored(it, "T");
  assert.deepEqual([message!.text(), message!.tag, message!.keys], ["17 apples", "paid", [
    "a",
    "b",
  ]]);
  assert.equal(message!.properties.get("region"), "eu");
  assert.deepEqual(rows, [{
    status: "SEND_OK",
    topic: "T",
    brokerName: "broker-a",
    queueId: message!.queueId,
    queueOffset: 0,
    messageId: message!.messageId,
    offsetMessageId: message!.offsetMessageId,
  }]);
});

Deno.test("mq message send --lines keeps their order in a queue", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T", { readQueues: 4, writeQueues: 4 });
  const lines = Array.from({ length: 50 }, (_, at) => `line ${at}`);
  const options = { stdin: lines.join("\n") };
  assert.equal((await sent(it, ["T", "--lines", "--queue", "2"], options)).exitCode, 0);
  const messages = await stored(it, "T");
  assert.deepEqual(messages.map((message) => message.text()), lines);
  assert(messages.every(({ queueId }) => queueId === 2));
  await sent(it, ["T", "--lines", "--sharding-key", "order-17"], options);
  const queues = new Set((await stored(it, "T")).slice(50).map(({ queueId }) => queueId));
  assert.equal(queues.size, 1);
});

Deno.test("mq message send --json takes what mq message browse prints", async () => {
  await using it = await ClusterFixture.start();
  for (const topic of ["T", "U"]) await it.client.admin.createTopic(topic);
  const first = [
    "T",
    "--body",
    "a",
    "--count",
    "7",
    "--key",
    "k",
    "--tag",
    "t",
    "--property",
    "p=v",
  ];
  assert.match((await sent(it, first)).stderr, /mq: 7 messages sent in/);
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const words = ["message", "browse", "T", "-o", "jsonl", "--body", "base64"];
  const { stdout } = await record(words, { env });
  assert.equal((await sent(it, ["U", "--json"], { stdin: stdout })).exitCode, 0);
  const copies = await stored(it, "U");
  assert.equal(copies.length, 7);
  for (const copy of copies) {
    assert.deepEqual([copy.text(), copy.keys, copy.tag], ["a", ["k"], "t"]);
    assert.equal(copy.properties.get("p"), "v");
  }
});

Deno.test("mq message send --batch and --transaction", async () => {
  await using it = await ClusterFixture.start();
  for (const topic of ["B", "X"]) await it.client.admin.createTopic(topic);
  const batch = await sent(it, ["B", "--body", "a", "--count", "10", "--batch", "4"]);
  assert.deepEqual(batch.rows.map(({ messages }) => messages), [4, 4, 2]);
  const ids = (await stored(it, "B")).map(({ messageId }) => messageId).sort();
  assert.deepEqual(batch.rows.flatMap(({ messageId }) => messageId.split(",")).sort(), ids);
  for (const outcome of ["commit", "rollback"]) {
    const { rows, stderr } = await sent(it, ["X", "--body", outcome, "--transaction", outcome]);
    assert.deepEqual(rows.map((row) => row.outcome), [outcome]);
    // The offset of a half is not where consumers find the message.
    assert.equal("queueOffset" in rows[0]!, false);
    assert.match(stderr, outcome === "commit" ? /: committed: / : /: rolled back: nobody gets /);
  }
  assert.deepEqual((await stored(it, "X")).map((message) => message.text()), ["commit"]);
});

Deno.test("mq message send stops at what cannot be sent, and says what was", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T");
  const stdin =
    '{"body":"a"}\n{"body":"b"}\n{"body":"c","properties":{"KEYS":"x"}}\n{"body":"d"}\n';
  const run = await sent(it, ["T", "--json", "--in-flight", "1"], { stdin });
  assert.equal(run.exitCode, 8);
  assert.match(run.stderr, /mq: Cannot send line 3: .*"KEYS".*; 2 messages sent before\n$/);
  assert.deepEqual((await stored(it, "T")).map((message) => message.text()), ["a", "b"]);
});

Deno.test("mq message send names the line that asks for a queue there is not", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T", { readQueues: 2, writeQueues: 2 });
  const words = ["T", "--in-flight", "1"];
  const stdin = '{"body":"a"}\n{"body":"b","queueId":7}\n';
  for (const more of [[], ["--queue", "1"]]) {
    const run = await sent(it, [...words, "--json", ...more], { stdin });
    assert.deepEqual([run.exitCode, run.rows.length], [8, 1]);
    assert.match(run.stderr, /mq: Cannot send line 2: The topic has no queue 7 .*; 1 message sent/);
  }
  // What options ask for is no line's fault.
  const run = await sent(it, [...words, "--lines", "--queue", "7"], { stdin });
  assert.equal(run.exitCode, 16);
  assert.match(run.stderr, /mq: The topic has no queue 7/);
});

Deno.test("mq message send refuses before it sends", async () => {
  await using it = await ClusterFixture.start({ config: { autoCreateTopicEnable: false } });
  await it.client.admin.createTopic("T", { readQueues: 2, writeQueues: 2 });
  const refused = async (words: readonly string[], exitCode: number, says: RegExp) => {
    const run = await sent(it, words);
    assert.deepEqual([run.exitCode, run.stdout], [exitCode, ""], run.stderr);
    assert.match(run.stderr, says);
  };
  await refused(["a b", "--body", "x"], 16, /Cannot send to topic "a b"/);
  await refused(["T", "--body", "x", "--queue", "9"], 16, /no queue 9 .* broker-a:0, broker-a:1/);
  await refused(["gone", "--body", "x"], 8, /"gone"/);
  await refused(
    ["T", "--body", "x", "--batch", "2", "--transaction", "commit"],
    16,
    /exclude each/,
  );
  await refused(
    ["T", "--body", "x", "--batch", "2", "--delay", "1s"],
    16,
    /cannot be delivered later/,
  );
  await refused(["T", "--body", "x", "--delay", "soon"], 16, /a level, such as 3, or a time/);
});

Deno.test("mq message send prints nothing where nothing was sent", async () => {
  const run = await record(["message", "send", "T", "--body", "a", "-n", "127.0.0.1:1"]);
  assert.deepEqual([run.exitCode, run.stdout], [8, ""]);
  assert.match(run.stderr, /No name server answers/);
});

Deno.test("mq message send ends with the reason when it is stopped", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T");
  const stop = new AbortController();
  const run = sent(it, ["T", "--body", "a", "--count", "1000", "--rate", "20"], {
    stop: stop.signal,
    onStdout: () => stop.abort(new Error("Stopped by test")),
  });
  const { stderr, rows } = await run;
  assert.match(stderr, /mq: Stopped by test; \d+ messages? sent before/);
  assert.equal((await stored(it, "T")).length, rows.length);
});

Deno.test("mq message send --batch sends what is there when a pipe pauses, and tells what a stop loses", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T");
  const stop = new AbortController();
  const recorded = recordedTerminal({ env: { MQ_NAMESRV: it.nameServer.peer }, stop: stop.signal });
  const pipe = new TransformStream<Uint8Array, Uint8Array>();
  const writer = pipe.writable.getWriter();
  const terminal = { ...recorded.terminal, stdin: () => pipe.readable };
  // The second request is not due for a long time.
  const pace = ["--batch", "100", "--rate", "1"];
  const running = run(["message", "send", "T", "--lines", ...pace], terminal);
  const write = (text: string) => writer.write(new TextEncoder().encode(text));
  await write("a\nb\n\nc\n");
  const texts = async () => (await stored(it, "T")).map((message) => message.text());
  await eventually(async () => (await texts()).length === 3);
  await write("d\ne\nf\n");
  await write("g\n");
  stop.abort(new Error("Stopped by test"));
  await running;
  assert.deepEqual((await texts()).sort(), ["a", "b", "c"]);
  const says = /mq: Stopped by test; 3 messages sent before, (\d) messages? up to line (\d) read/;
  const [, lost, line] = says.exec(recorded.printed().stderr)!;
  assert.equal(Number(line), Number(lost) + 4);
  await writer.abort();
});

Deno.test("mq message send tells of a delay level that brokers do not have", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T");
  const { exitCode, stderr } = await sent(it, ["T", "--body", "x", "--delay", "99"]);
  assert.equal(exitCode, 0, stderr);
  assert.match(stderr, /mq: level 99 is past the 18 a broker has by default/);
  assert.doesNotMatch((await sent(it, ["T", "--body", "x", "--delay", "18"])).stderr, /level/);
});

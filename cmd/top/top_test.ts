import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { screen } from "./top.ts";

Deno.test("mq top --once prints topics and groups of a cluster", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T", { readQueues: 1, writeQueues: 1 });
  const producer = it.client.producer({ group: "p" });
  for (let at = 0; at < 5; at++) await producer.send({ topic: "T", body: "a" });
  await it.client.admin.createGroup("g");
  const place = { topic: "T", brokerName: "broker-a", queueId: 0 };
  await it.client.admin.setOffset("g", { ...place, offset: 2 });
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const run = await record(["top", "--once", "--interval", "50", "-o", "jsonl"], { env });
  assert.equal(run.exitCode, 0, run.stderr);
  const rows = run.stdout.trim().split("\n").map((line) => JSON.parse(line));
  const named = (name: string) => rows.find((row) => row.name === name);
  assert.deepEqual(named("T"), { kind: "topic", name: "T", perSecond: 0, total: 5 });
  assert.deepEqual(named("g"), { kind: "group", name: "g", perSecond: 0, lag: 3, members: 0 });
});

Deno.test("mq top writes its screen over until it is stopped, on a terminal only", async () => {
  await using it = await ClusterFixture.start();
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const pipe = await record(["top"], { env });
  assert.deepEqual([pipe.exitCode, pipe.stdout], [16, ""]);
  const rows = await record(["top"], { env: { ...env, MQ_OUTPUT: "jsonl" } });
  assert.deepEqual([rows.exitCode, rows.stdout], [16, ""]);
  assert.match(rows.stderr, /mq top needs a terminal; --once prints one table/);
  const chosen = await record(["top", "-o", "jsonl"], { env, isTty: true });
  assert.deepEqual([chosen.exitCode, chosen.stdout], [16, ""]);
  assert.match(chosen.stderr, /-o goes with --once/);
  const stop = new AbortController();
  let screens = 0;
  const onStdout = () => {
    if (++screens === 2) stop.abort(new Error("Stopped by test"));
  };
  const live = await record(["top", "--interval", "20"], {
    env,
    isTty: true,
    stop: stop.signal,
    onStdout,
  });
  assert.equal(live.stdout.split("\x1b[H").length - 1, screens);
  assert.match(live.stderr, /Stopped by test/);
});

Deno.test("screen() shows so many rows, and says that there are more", () => {
  const all = [
    ...["a", "b", "c"].map((name) => ({ kind: "topic" as const, name, perSecond: 1, total: 7 })),
    { kind: "group" as const, name: `\x1b[2J${"x".repeat(99)}`, perSecond: 0, lag: 3, members: 1 },
  ];
  const text = screen(all, { failures: ["no answer"] }, { rows: 2, nowMs: 0 });
  assert.match(text, /… 1 more/);
  assert.match(text, /1 failed: no answer/);
  assert(!text.includes("\x1b[2J"), "names do not steer the terminal");
  for (const line of stripVTControlCharacters(text).split("\n")) {
    assert(line.length <= 80, line);
  }
});

Deno.test("mq top -o help prints its fields without a cluster or a terminal", async () => {
  const once = await record(["top", "--once", "-o", "help"]);
  const live = await record(["top", "-o", "help"]);
  assert.deepEqual(live, once);
  assert.match(live.stdout, /^kind\tstring\t/);
});

import assert from "node:assert/strict";
import { NameServer } from "../../net/namesrv/namesrv.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { FullDisk } from "../../testdata/full_disk.ts";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { eventually } from "../../testdata/eventually.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { BrokerFixture, FIXTURE_STORE } from "../../testdata/broker_fixture.ts";
import { mountStore, record } from "../../testdata/recorded_terminal.ts";

/** A cluster and a recorded store, all in one memory. */
async function started(config: Record<string, unknown> = {}) {
  const files = new MemoryFiles();
  mountStore(files, "from", { name: "5.5.0-a-clean-102" });
  const nameServer = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
  const broker = await BrokerFixture.start({
    fs: files,
    config: { ...config, namesrvAddr: nameServer.peer },
  });
  return {
    files,
    namesrv: nameServer.peer,
    async stop() {
      await broker[Symbol.asyncDispose]();
      await nameServer[Symbol.asyncDispose]();
    },
  };
}

/** Messages of a store as texts, without what a second life changes. */
async function messages(files: MemoryFiles, path: string, topic: string): Promise<string[]> {
  const args = ["export", path, "--topic", topic];
  const { stdout } = await record(args, { files });
  return stdout.trimEnd().split("\n").filter(Boolean).map((line) => JSON.parse(line))
    .filter((it) => it.kind === "message")
    .map((it) => {
      const { UNIQ_KEY, TAGS, KEYS } = it.properties;
      return JSON.stringify([it.queueId, it.queueOffset, it.flag, UNIQ_KEY, TAGS, KEYS, it.body]);
    }).sort();
}

Deno.test("mq replay brings a topic to a cluster: same bodies, keys, queues and order", async () => {
  const { files, namesrv, stop } = await started();
  const args = ["replay", "from", "--topic", "T_tags", "-n", namesrv, "-o", "json"];
  const { stdout, exitCode } = await record(args, { files });
  await stop();
  assert.equal(exitCode, 0);
  const summary = JSON.parse(stdout).at(-1);
  assert.deepEqual([summary.messages, summary.sent, summary.uncertain], [140, 140, 0]);
  const there = await messages(files, FIXTURE_STORE, "T_tags");
  assert.equal(there.length, 140);
  assert.deepEqual(there, await messages(files, "from", "T_tags"));
});

Deno.test("mq replay goes on where it was stopped, and sends nothing twice", async () => {
  const { files, namesrv, stop } = await started();
  const args = ["replay", "from", "--topic", "T_plain", "-n", namesrv, "--cursor-file", "cursor"];
  // What stops it comes after some have been sent.
  const controller = new AbortController();
  const timer = setInterval(() => {
    if (files.stat(`${FIXTURE_STORE}/consumequeue/T_plain`)) controller.abort(new Error("stop"));
  }, 0);
  const first = await record([...args, "--in-flight", "2"], { files, stop: controller.signal });
  clearInterval(timer);
  const second = await record([...args, "-o", "json"], { files });
  const third = await record([...args, "-o", "json"], { files });
  await stop();
  // The stop may come when the last has just been sent.
  assert([0, 8].includes(first.exitCode), first.stderr);
  assert.equal(second.exitCode, 0);
  assert.equal(JSON.parse(second.stdout).at(-1).sent, 267);
  assert.equal(JSON.parse(third.stdout).at(-1).sent, 267);
  assert.equal((await messages(files, FIXTURE_STORE, "T_plain")).length, 267);
});

Deno.test("mq replay sends nothing where its place cannot be kept", async () => {
  const files = new FullDisk();
  mountStore(files, "from", { name: "5.5.0-a-clean-102" });
  await using it = await ClusterFixture.start();
  const args = ["replay", "from", "--topic", "T_tags", "-n", it.nameServer.peer];
  files.full = true;
  const { stdout, stderr, exitCode } = await record([...args, "--cursor-file", "c"], { files });
  assert.equal(exitCode, 8);
  assert.match(stderr, /mq: Cannot write cursor "c": .*no space left.*; 0 messages sent\n$/);
  assert.match(stdout, /, 0 sent/);
});

Deno.test("mq replay whose place can be kept no more says what it sent, and that it comes again", async () => {
  const files = new FullDisk();
  mountStore(files, "from", { name: "5.5.0-a-clean-102" });
  await using it = await ClusterFixture.start();
  const args = ["replay", "from", "--topic", "T_tags", "-n", it.nameServer.peer];
  const open = files.openWrite.bind(files);
  files.openWrite = (path) => {
    const file = open(path);
    files.full = true;
    return file;
  };
  const { stdout, stderr, exitCode } = await record([...args, "--cursor-file", "c"], { files });
  assert.equal(exitCode, 8);
  assert.match(
    stderr,
    /mq: Cannot write cursor "c": .*; 140 messages sent, not all of which the c/,
  );
  assert.match(stdout, /, 140 sent/);
});

Deno.test("mq replay that is stopped ends with the reason and says how far it came", async () => {
  const files = new MemoryFiles();
  mountStore(files, "from", { name: "5.5.0-a-clean-102" });
  await using it = await ClusterFixture.start();
  const args = ["replay", "from", "--topic", "T_tags", "-n", it.nameServer.peer];
  const stop = new AbortController();
  const interrupted = new Failure("Stopped by SIGINT", { exitCode: EXIT.interrupted });
  const stopped = record([...args, "--rate", "1", "--cursor-file", "c"], {
    files,
    stop: stop.signal,
  });
  await eventually(async () =>
    (await it.client.admin.topicStats("T_tags").catch(() => undefined))
      ?.queues.some((queue) => queue.maxOffset > 0) === true, "one is sent");
  stop.abort(interrupted);
  const { stderr, exitCode } = await stopped;
  assert.equal(exitCode, 130);
  assert.match(
    stderr,
    /mq: Stopped by SIGINT; \d+ messages? sent; the same command goes on there\n$/,
  );
});

Deno.test("mq replay --dry-run counts, and asks nobody", async () => {
  const files = new MemoryFiles();
  mountStore(files, "from", { name: "5.5.0-a-clean-102" });
  const before = new Map(files.snapshot());
  const args = ["replay", "from", "--dry-run", "--cursor-file", "cursor", "-o", "json"];
  const { stdout, exitCode } = await record(args, { files });
  assert.equal(exitCode, 0);
  assert.equal(JSON.parse(stdout).at(-1).messages, 529);
  assert.deepEqual(new Map(files.snapshot()), before);
});

Deno.test("mq replay ends with 8 where it cannot send, and says how far it came", async () => {
  const { files, namesrv, stop } = await started({ autoCreateTopicEnable: false });
  // Standard input is read once, so nobody knows its topics before.
  const stdin = '{"topic":"Unknown","body":"x"}\n';
  const { stderr, stdout, exitCode } = await record(["replay", "-", "-n", namesrv], {
    files,
    stdin,
  });
  await stop();
  assert.equal(exitCode, 8);
  assert.match(stderr, /Cannot send the message at 1: .*"Unknown".*; 0 messages sent/);
  assert.match(stdout, /1 chosen, 0 sent/);
});

Deno.test("mq replay needs a cluster", async () => {
  const files = new MemoryFiles();
  mountStore(files, "from", { name: "5.5.0-b-kill-start-102" });
  const { exitCode, stderr } = await record(["replay", "from"], { files });
  assert.equal(exitCode, 16);
  assert.match(stderr, /--namesrv/);
});

Deno.test("mq replay tells of every topic nobody takes before it sends anything", async () => {
  const { files, namesrv, stop } = await started({ autoCreateTopicEnable: false });
  const create = ["topic", "create", "T_tags", "-n", namesrv, "--broker", "broker-a"];
  assert.equal((await record(create, { files })).exitCode, 0);
  const args = ["replay", "from", "-n", namesrv, "-o", "json"];
  const { stdout, stderr, exitCode } = await record(args, { files });
  const one = await record([...args, "--topic", "T_tags"], { files });
  const moved = await record([...args, "--topic", "T_tags", "--map-topic", "T_tags=no"], { files });
  await stop();
  assert.equal(exitCode, 8);
  assert.match(stderr, /topic "T_plain": no broker has it.*; Cannot send to topic "T_big"/);
  assert.match(stderr, /; 0 messages sent\n$/);
  assert.doesNotMatch(stderr, /T_tags/);
  assert.equal(JSON.parse(stdout).at(-1).sent, 0);
  assert.equal(one.exitCode, 0);
  assert.match(
    moved.stderr,
    /^mq: Cannot send to topic "no": no broker has it.*; 0 messages sent$/m,
  );
});

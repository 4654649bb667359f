import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { BrokerFixture, FIXTURE_STORE } from "../../testdata/broker_fixture.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { messagesOf, pullFields, sendFields, START } from "../../testdata/message_path.ts";
import type { WritableFile } from "../../store/file.ts";
import { diskFiles } from "../../store/file_disk.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { NameServer } from "../namesrv/namesrv.ts";
import { RpcClient } from "../rpc/client.ts";
import { RpcError } from "../rpc/rpc_error.ts";
import { Server } from "../rpc/server.ts";
import type { RemotingCommand } from "../wire/command.ts";
import { PULL_FLAG } from "../wire/pull_flag.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };
const TIME = { timeoutMs: 10_000 };
const now = () => START;

/** Syncs wait until the test lets them go, and can be made to fail. */
class SlowDisk extends MemoryFiles {
  failing = false;
  #gate: PromiseWithResolvers<void> | undefined;

  hold(): void {
    this.#gate ??= Promise.withResolvers();
  }

  release(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  override openWrite(path: string): WritableFile {
    const file = super.openWrite(path);
    const check = () => {
      if (this.failing && path.includes("commitlog")) throw new Error("input/output error");
    };
    const wait = async () => {
      await this.#gate?.promise;
      check();
    };
    return {
      path,
      size: () => file.size(),
      read: (into, at) => file.read(into, at),
      readAsync: (into, at) => file.readAsync(into, at),
      truncate: (size) => file.truncate(size),
      syncNow: () => file.syncNow(),
      close: () => file.close(),
      write(bytes, at) {
        check();
        file.write(bytes, at);
      },
      async sync() {
        if (path.includes("commitlog")) await wait();
        await file.sync();
      },
    };
  }
}

async function createGroup(it: BrokerFixture): Promise<void> {
  const body = new TextEncoder().encode('{"groupName":"G"}');
  await it.ask("UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", { body });
}

function send(it: BrokerFixture, text = "hello", client = it.client) {
  const body = new TextEncoder().encode(text);
  const asked = { name: "SEND_MESSAGE_V2", extFields: sendFields(), body } as const;
  return client.invoke(it.peer, asked, TIME);
}

/** Bodies of all messages of a queue. */
async function bodiesOf(it: BrokerFixture, topic = "T", queueId = 0): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const extFields = pullFields({ topic, queueId, queueOffset: bodies.length });
    const answer = await it.ask("PULL_MESSAGE", { extFields });
    if (answer.code !== 0) return bodies;
    const messages = messagesOf(answer.body);
    bodies.push(...messages.map((message) => new TextDecoder().decode(message.body)));
  }
}

Deno.test("Broker registers where it can, serves, and takes its leave at the end", async () => {
  await using up = await NameServer.listen({ ...LOOPBACK, now: () => 0 });
  const gone = await NameServer.listen(LOOPBACK);
  await gone[Symbol.asyncDispose]();
  {
    await using it = await BrokerFixture.start({
      config: { namesrvAddr: `${gone.peer};${up.peer}` },
    });
    assert.equal(up.table.groups.get("broker-a")?.brokerAddrs.get(0), it.peer);
    assert.equal(up.table.route("T"), undefined);
    assert.equal((await send(it)).code, 0);
    // A topic that is made by a message is in the routes soon, and no one waits for it.
    while (up.table.route("T") === undefined) await it.ask("GET_ALL_TOPIC_CONFIG");
    assert.equal(up.table.route("T")?.queueDatas[0]?.writeQueueNums, 4);
    const [told] = it.told;
    assert.match(told ?? "", /^Cannot register with name server .*: Cannot connect/);
  }
  assert.equal(up.table.groups.size, 0);
  assert.equal(up.table.route("T"), undefined);
});

Deno.test("UPDATE_AND_CREATE_TOPIC is answered when the routes have the topic", async () => {
  await using nameServer = await NameServer.listen({ ...LOOPBACK, now: () => 0 });
  await using it = await BrokerFixture.start({ config: { namesrvAddr: nameServer.peer } });
  for (const topic of ["A", "B", "C"]) {
    const header = {
      topic,
      defaultTopic: "TBW102",
      readQueueNums: 2,
      writeQueueNums: 2,
      perm: 6,
      topicFilterType: "SINGLE_TAG",
      order: false,
    };
    assert.equal((await it.ask("UPDATE_AND_CREATE_TOPIC", { header })).code, 0);
    assert.equal(nameServer.table.route(topic)?.queueDatas[0]?.readQueueNums, 2);
  }
});

Deno.test("Broker keeps messages, topics, groups and offsets over a restart", async () => {
  await using it = await BrokerFixture.start({ now });
  for (const text of ["a", "b", "c"]) await send(it, text);
  await createGroup(it);
  const place = { consumerGroup: "G", topic: "T", queueId: 0 };
  await it.ask("UPDATE_CONSUMER_OFFSET", { header: { ...place, commitOffset: 2 } });
  const { counter } = (JSON.parse(topicsJson(it)) as { dataVersion: { counter: number } })
    .dataVersion;
  await it[Symbol.asyncDispose]();
  await using again = await BrokerFixture.start({ now, fs: it.fs });
  assert.equal(again.broker.store.recovery.mode, "clean");
  assert.deepEqual(await bodiesOf(again), ["a", "b", "c"]);
  const offset = await again.ask("QUERY_CONSUMER_OFFSET", { header: place });
  assert.equal(offset.extFields?.["offset"], "2");
  await send(again, "d");
  assert.deepEqual(await bodiesOf(again), ["a", "b", "c", "d"]);
  assert.equal(JSON.parse(topicsJson(again)).dataVersion.counter, counter, "nothing changed");
});

function topicsJson({ fs }: BrokerFixture): string {
  assert(fs instanceof MemoryFiles);
  return new TextDecoder().decode(fs.snapshot().get(`${FIXTURE_STORE}/config/topics.json`));
}

Deno.test("Broker disposed twice, and at once from two sides, ends once", async () => {
  const it = await BrokerFixture.start();
  let finished = false;
  const { broker } = it;
  const watching = broker.finished.then(() => finished = true);
  assert.equal(finished, false);
  await Promise.all([broker[Symbol.asyncDispose](), broker[Symbol.asyncDispose]()]);
  await broker[Symbol.asyncDispose]();
  await watching;
  await it[Symbol.asyncDispose]();
  assert.deepEqual(it.told, []);
});

Deno.test("Broker that stops under load loses nothing it acknowledged, and leaves nobody waiting", async () => {
  for (const flushDiskType of ["ASYNC_FLUSH", "SYNC_FLUSH"]) {
    const disk = new SlowDisk();
    await using it = await BrokerFixture.start({ fs: disk, config: { flushDiskType } });
    await send(it, "first");
    const clients = Array.from({ length: 4 }, () => it.connect());
    const acknowledged: string[] = ["first"];
    const ends = { answered: 0, closed: 0 };
    let stopping = false;
    const load = clients.map(async (client, at) => {
      for (let count = 0;; count++) {
        const text = `${at}/${count}`;
        try {
          const answer = await send(it, text, client);
          if (answer.code === 0) acknowledged.push(text);
          ends.answered++;
        } catch (error) {
          assert(error instanceof RpcError && error.kind !== "timeout", `${error}`);
          ends.closed++;
          return;
        }
        if (count > 20_000) assert.fail(stopping ? "it does not stop" : "it was never told to");
      }
    });
    while (ends.answered < 200) {
      await send(it, "in between").then(() => acknowledged.push("in between"));
    }
    stopping = true;
    await it.broker[Symbol.asyncDispose]();
    await Promise.all(load);
    assert.equal(ends.closed, clients.length);
    await using again = await BrokerFixture.start({ fs: disk, now });
    const kept = new Map<string, number>();
    for (const text of await bodiesOf(again)) kept.set(text, (kept.get(text) ?? 0) + 1);
    for (const text of acknowledged) assert(kept.has(text), `${text} of ${flushDiskType} is lost`);
    for (const [text, count] of kept) assert(count === 1 || text === "in between", text);
  }
});

Deno.test("Broker that stops answers sends whose sync is under way, and those only", async () => {
  const disk = new SlowDisk();
  await using it = await BrokerFixture.start({
    fs: disk,
    config: { flushDiskType: "SYNC_FLUSH" },
    stopTimeoutMs: 60_000,
  });
  await send(it, "before");
  disk.hold();
  const during = send(it, "during");
  // Answers of one connection come in turn: this one tells that the send has been read.
  while (it.broker.store.queueRange("T", 0)?.max !== 2) await it.ask("GET_ALL_DELAY_OFFSET");
  const stopping = it.broker[Symbol.asyncDispose]();
  await assert.rejects(it.connect().invoke(it.peer, { name: "GET_BROKER_CONFIG" }, TIME), RpcError);
  disk.release();
  assert.equal((await during).code, 0);
  await stopping;
  await using again = await BrokerFixture.start({ fs: disk });
  assert.deepEqual(await bodiesOf(again), ["before", "during"]);
});

Deno.test("Broker that stops answers the pulls that wait, at once", async () => {
  await using it = await BrokerFixture.start({ stopTimeoutMs: 60_000 });
  await send(it, "first");
  await createGroup(it);
  const waiting = { queueOffset: 1, sysFlag: PULL_FLAG.SUSPEND, suspendMs: 60_000 };
  const pulls: Promise<RemotingCommand>[] = [];
  for (let count = 0; count < 3; count++) {
    const client = it.connect();
    const asked = { name: "PULL_MESSAGE", extFields: pullFields(waiting) } as const;
    pulls.push(client.invoke(it.peer, asked, { timeoutMs: 50_000 }));
    // What comes after the pull on its connection is answered, so the pull waits.
    await client.invoke(it.peer, { name: "GET_BROKER_CONFIG" }, TIME);
  }
  await it.broker[Symbol.asyncDispose]();
  for (const { code, extFields } of await Promise.all(pulls)) {
    assert.equal(code, 19);
    assert.equal(extFields?.["nextBeginOffset"], "1");
  }
});

Deno.test("Broker refuses a port in use, and leaves a store that can be opened", async () => {
  await using other = await Server.listen(LOOPBACK);
  const { port } = other.address;
  const files = new MemoryFiles();
  await assert.rejects(BrokerFixture.start({ fs: files, config: { listenPort: port } }), {
    message: `Cannot listen on 127.0.0.1:${port}: address already in use`,
  });
  await using it = await BrokerFixture.start({ fs: files });
  assert.equal(it.broker.store.recovery.mode, "clean");
});

Deno.test("Broker serves its second port, and does without when that is taken", async () => {
  for (const isTaken of [false, true]) {
    const blocker = await Server.listen(LOOPBACK);
    const vipPort = blocker.address.port;
    if (!isTaken) await blocker[Symbol.asyncDispose]();
    await using it = await BrokerFixture.start({ config: { listenPort: vipPort + 2 } });
    await using client = new RpcClient();
    const asked = { name: "GET_BROKER_RUNTIME_INFO" } as const;
    const answer = await client.invoke(`127.0.0.1:${vipPort}`, asked, TIME);
    assert.equal(answer.code, isTaken ? 3 : 0);
    const note = `Old clients will not reach the broker: Cannot listen on 127.0.0.1:${vipPort}`;
    assert.equal(it.told.filter((text) => text.startsWith(note)).length, isTaken ? 1 : 0);
    await client[Symbol.asyncDispose]();
    await blocker[Symbol.asyncDispose]();
  }
});

Deno.test("Broker refuses a store that another broker has, which goes on", async () => {
  await using it = await BrokerFixture.start();
  await send(it, "a");
  await assert.rejects(BrokerFixture.start({ fs: it.fs }), { name: "StoreLockedError" });
  await send(it, "b");
  assert.deepEqual(await bodiesOf(it), ["a", "b"]);
});

Deno.test("Broker refuses a folder it cannot write or that is none, and a store locked on disk", async () => {
  const root = fs.mkdtempSync(join(os.tmpdir(), "mq-broker-"));
  try {
    const file = join(root, "file");
    fs.writeFileSync(file, "x");
    const start = (storePathRootDir: string) =>
      BrokerFixture.start({ fs: diskFiles, config: { storePathRootDir } });
    await assert.rejects(start(join(file, "store")), /^Error: Cannot create /);
    await assert.rejects(start(file), Error);
    assert.equal(fs.readFileSync(file, "utf8"), "x");
    const store = join(root, "store");
    await using it = await start(store);
    await send(it, "a");
    await assert.rejects(start(store), { name: "StoreLockedError" });
    assert(fs.existsSync(join(store, "abort")));
    await it[Symbol.asyncDispose]();
    assert(!fs.existsSync(join(store, "abort")), "it ended cleanly");
    await using again = await start(store);
    assert.deepEqual(await bodiesOf(again), ["a"]);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});

Deno.test("Broker refuses tables it cannot read, and changes nothing", async () => {
  for (const name of ["topics", "subscriptionGroup", "consumerOffset", "delayOffset"]) {
    const files = new MemoryFiles();
    const path = `${FIXTURE_STORE}/config/${name}.json`;
    files.put(path, new TextEncoder().encode('{"dataVersion":'));
    await assert.rejects(BrokerFixture.start({ fs: files }), {
      message: new RegExp(`^Cannot load "${path}": `),
    });
    assert.equal(new TextDecoder().decode(files.snapshot().get(path)), '{"dataVersion":');
    files.remove(path);
    await using it = await BrokerFixture.start({ fs: files });
    assert.equal((await send(it)).code, 0, "lock and port are free");
  }
});

Deno.test("Broker refuses settings and addresses that cannot be, and closes what it opened", async () => {
  const files = new MemoryFiles();
  const start = (config: object) => BrokerFixture.start({ fs: files, config });
  await assert.rejects(start({ brokerId: 1 }), RangeError);
  await assert.rejects(start({ namesrvAddr: "nowhere" }), SyntaxError);
  await assert.rejects(start({ messageDelayLevel: "1s soon" }), /soon/);
  await assert.rejects(
    start({ bindAddress: "192.0.2.1" }),
    /^Error: Cannot listen on 192\.0\.2\.1/,
  );
  await using it = await start({});
  assert.equal((await send(it)).code, 0);
});

Deno.test("Broker whose start is called off opens nothing", async () => {
  const files = new MemoryFiles();
  const signal = AbortSignal.abort(new Error("never mind"));
  await assert.rejects(BrokerFixture.start({ fs: files, signal }), /never mind/);
  await using it = await BrokerFixture.start({ fs: files });
  assert.equal((await send(it)).code, 0);
});

Deno.test("Broker on a disk that fails refuses to write, tells once, still reads, and stops", async () => {
  const disk = new SlowDisk();
  await using it = await BrokerFixture.start({ fs: disk, config: { flushDiskType: "SYNC_FLUSH" } });
  await send(it, "a");
  disk.failing = true;
  for (let count = 0; count < 3; count++) assert.notEqual((await send(it, "b")).code, 0);
  assert.equal(it.told.filter((text) => text === "The store can no longer be written").length, 1);
  assert.equal((await bodiesOf(it))[0], "a");
  disk.failing = false;
  assert.notEqual((await send(it, "c")).code, 0, "what was not synced may be lost: no more writes");
});

Deno.test("Broker makes files as the settings say", async () => {
  const files = new MemoryFiles();
  files.makeDirectory(FIXTURE_STORE);
  await using it = await BrokerFixture.start({
    fs: files,
    config: {
      storePathCommitLog: "/log",
      mappedFileSizeCommitLog: 65_536,
      mappedFileSizeConsumeQueue: 1230,
      messageIndexEnable: false,
      maxMessageSize: 100,
    },
  });
  assert.equal((await send(it, "x".repeat(100))).code, 0);
  assert.equal((await send(it, "x".repeat(101))).code, 13);
  await it[Symbol.asyncDispose]();
  assert.equal(files.stat("/log/00000000000000000000")?.size, 65_536);
  const queue = `${FIXTURE_STORE}/consumequeue/T/0/00000000000000000000`;
  assert.equal(files.stat(queue)?.size, 1240, "a whole number of units, as in Java");
  assert.deepEqual(files.list(`${FIXTURE_STORE}/index`), []);
});

Deno.test("Broker says when clients are sent where nobody listens", async () => {
  await using it = await BrokerFixture.start({ config: { brokerIP1: "10.0.0.5" } });
  assert.deepEqual(it.told, ["Clients are told to come to 10.0.0.5, but bindAddress is 127.0.0.1"]);
  assert.equal(it.peer, `10.0.0.5:${it.broker.address.port}`);
});

Deno.test("Broker answers a request it does not know as Java does", async () => {
  await using it = await BrokerFixture.start();
  const answer = await it.ask("GET_ALL_TOPIC_LIST_FROM_NAMESERVER");
  assert.deepEqual([answer.code, answer.remark], [3, " request type 206 not supported"]);
});

Deno.test("Broker goes on with stores that Java's brokers left: every queue, topic and offset", async () => {
  for (const name of ["4.2.0-a-clean-103", "4.9.7-a-clean-101", "5.5.0-a-clean-102"]) {
    const truth = readTruth(name);
    const files = storeInMemory(name);
    const config = { storePathRootDir: "store", brokerName: "broker-x" };
    // The clock is Java's, or messages that wait would seem to wait too long.
    const last = truth.log.at(-1)?.storeTimestamp ?? assert.fail("no message");
    await using it = await BrokerFixture.start({ now: () => last, fs: files, config });
    const { store } = it.broker;
    for (const { topic, queueId, minOffset, maxOffset } of truth.queues) {
      const range = store.queueRange(topic, queueId) ?? { min: 0, max: 0 };
      const isGrowing = topic.startsWith("SCHEDULE_TOPIC") || topic.startsWith("%RETRY%");
      assert.equal(range.min, minOffset, `${name} ${topic} ${queueId}`);
      if (!isGrowing) assert.equal(range.max, maxOffset, `${name} ${topic} ${queueId}`);
    }
    const queue = truth.queues.find(({ maxOffset, topic }) =>
      maxOffset > 0 && !/^(%|RMQ_SYS|rmq_sys|SCHEDULE|OFFSET)/.test(topic)
    ) ?? assert.fail(`${name} has no queue`);
    const extFields = sendFields({ topic: queue.topic, queueId: queue.queueId });
    const sent = await it.ask("SEND_MESSAGE_V2", { extFields, body: new Uint8Array(1) });
    assert.equal(sent.extFields?.["queueOffset"], String(queue.maxOffset), name);
  }
});

import assert from "node:assert/strict";
import net from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { RpcClient } from "../../net/rpc/client.ts";
import type { RequestName } from "../../net/wire/codes.ts";
import type { RemotingCommand } from "../../net/wire/command.ts";
import { encodeHeader, type HeaderOf } from "../../net/wire/headers.ts";
import type { FileSystem } from "../../store/file.ts";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { RecordView } from "../../store/record_view.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import {
  record,
  type RecordedRun,
  type RecordedSurroundings,
} from "../../testdata/recorded_terminal.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { differences } from "../../testdata/store_bytes.ts";

const ALL = { subscription: "*" };
const FREE_PORTS = ["--port", "0", "--namesrv-port", "0"];

/** What the line that says it is ready tells. */
interface Ready {
  readonly event: string;
  readonly namesrv: string;
  readonly broker: string;
  readonly store: string;
  readonly topics: number;
  readonly queues: number;
  readonly messages: number;
  readonly logStart: number;
  readonly logEnd: number;
  readonly putRight: Readonly<Record<string, number>>;
  readonly bytesLost: number;
  readonly messagesLost: number;
}

type Ask = <Name extends RequestName>(
  name: Name,
  header: HeaderOf<Name>,
  peer?: string,
) => Promise<RemotingCommand>;

/** Serves files until `test` is through. */
async function whileServing(
  files: FileSystem,
  test: (ready: Ready, ask: Ask) => Promise<void>,
  { args = [], ...surroundings }: RecordedSurroundings & { readonly args?: readonly string[] } = {},
): Promise<RecordedRun> {
  const printed = Promise.withResolvers<string>();
  const stop = new AbortController();
  const run = record(["serve", "store", ...FREE_PORTS, "-o", "json", ...args], {
    files,
    stop: stop.signal,
    onStdout: printed.resolve,
    ...surroundings,
  });
  const line = await Promise.race([printed.promise, run.then(({ stderr }) => stderr)]);
  try {
    assert(line.startsWith("{"), line);
    const ready: Ready = JSON.parse(line);
    await using client = new RpcClient();
    await test(ready, (name, header, peer = ready.broker) => {
      const asked = { name, extFields: encodeHeader(name, header) };
      return client.invoke(peer, asked, { timeoutMs: 30_000 });
    });
  } finally {
    stop.abort();
    await run;
  }
  return await run;
}

Deno.test("mq serve says what it serves, answers at the addresses it prints, and ends with 0", async () => {
  const name = "5.5.0-a-clean-102";
  const files = storeInMemory(name);
  const before = new Map(files.snapshot());
  const { queues } = readTruth(name);
  const run = await whileServing(files, async (ready, ask) => {
    const counts = queues.map(({ messages }) => messages.length).filter((count) => count > 0);
    assert.equal(ready.event, "started");
    assert.equal(ready.messages, counts.reduce((sum, count) => sum + count));
    assert.equal(ready.queues, counts.length);
    assert.deepEqual([ready.putRight, ready.messagesLost, ready.bytesLost], [{}, 0, 0]);
    const route = await ask("GET_ROUTEINFO_BY_TOPIC", { topic: "T_plain" }, ready.namesrv);
    assert.equal(route.code, 0);
    assert(new TextDecoder().decode(route.body).includes(ready.broker));
    const { queueId, messages } = queues.find(({ topic }) => topic === "T_plain")!;
    const max = await ask("GET_MAX_OFFSET", { topic: "T_plain", queueId });
    assert.equal(max.extFields?.["offset"], String(messages.length));
  });
  assert.equal(run.exitCode, 0, run.stderr);
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("mq serve serves a damaged store, tells of what it put right, and writes nothing", async () => {
  for (
    const [name, messages, putRight, messagesLost] of [
      ["5.5.0-c-flip-102-first", 447, "rebuild-queue", 1],
      ["5.5.0-c-damage-102-nocq", 445, "rebuild-queue", 0],
      ["5.5.0-c-damage-102-noindex", 445, "rebuild-index", 0],
      ["5.5.0-e-rocksdb-102", 60, "rebuild-queue", 0],
    ] as const
  ) {
    const files = storeInMemory(name);
    const before = new Map(files.snapshot());
    const run = await whileServing(files, (ready) => {
      assert.equal(ready.messages, messages, name);
      assert.equal(ready.messagesLost, messagesLost, name);
      assert((ready.putRight[putRight] ?? 0) > 0, name);
      return Promise.resolve();
    });
    assert.equal(run.exitCode, 0, run.stderr);
    assert.match(run.stderr, /^mq: reading all of store first: /);
    assert.match(run.stderr, /mq: in memory: rebuild-(queue|index) store\//);
    assert.deepEqual(differences(before, files.snapshot()), [], name);
  }
});

/** Log offsets of what a pull consumer gets from a queue; `undefined` where it may not read. */
async function pulledFrom(
  ask: Ask,
  queue: { readonly topic: string; readonly queueId: number },
  filter: { readonly subscription: string; readonly expressionType?: string } = ALL,
): Promise<number[] | undefined> {
  const offsets: number[] = [];
  const record = new RecordView();
  const min = await ask("GET_MIN_OFFSET", queue);
  for (let queueOffset = Number(min.extFields?.["offset"]);;) {
    const { code, body, extFields } = await ask("PULL_MESSAGE", {
      consumerGroup: "G",
      topic: queue.topic,
      queueId: queue.queueId,
      queueOffset,
      maxMsgNums: 32,
      sysFlag: 4,
      commitOffset: 0,
      suspendTimeoutMillis: 0,
      subVersion: 0,
      ...filter,
    });
    if (code === 16) return undefined;
    record.attach(body ?? new Uint8Array(0));
    for (let at = 0; at < record.bytes.length; at += record.size) {
      assert.equal(record.load(at, record.bytes.length), undefined);
      offsets.push(record.physicalOffset());
    }
    queueOffset = Number(extFields?.["nextBeginOffset"]);
    // Nothing new: this is the end of the queue.
    if (code === 19) return offsets;
    assert(code === 0 || code === 20, `${queue.topic}: ${code}`);
  }
}

for (
  const name of [
    "4.2.0-a-clean-103",
    "5.5.0-d-expire-102",
    "5.5.0-e-bcq-102",
    "5.5.0-e-cqext-102",
    "5.5.0-e-crc-202",
    "5.5.0-e-ipv6-102",
    "5.5.0-e-lmq-102",
  ]
) {
  Deno.test(`mq serve of ${name} gives a consumer of each queue what Java gives`, async () => {
    const unreadable: string[] = [];
    const run = await whileServing(storeInMemory(name), async (_, ask) => {
      for (const { topic, queueId, messages } of readTruth(name).queues) {
        if (messages.length === 0) continue;
        const found = await pulledFrom(ask, { topic, queueId });
        if (found === undefined) unreadable.push(topic);
        else {
          const wanted = new Set(messages.map(([, physicalOffset]) => physicalOffset));
          assert.deepEqual([...new Set(found)], [...wanted], `${topic}/${queueId}`);
        }
      }
    });
    assert.equal(run.exitCode, 0, run.stderr);
    // Dead letters and topics nobody may read keep their permissions.
    for (const topic of unreadable) assert.match(topic, /^%DLQ%|^SCHEDULE|writeonly/i);
  });
}

Deno.test("mq serve filters by properties, whatever the broker of the store was told", async () => {
  const name = "5.5.0-e-cqext-102";
  const byTags = { subscription: "TagA || TagB" };
  const byProperty = { subscription: "TAGS IN ('TagA', 'TagB')", expressionType: "SQL92" };
  const run = await whileServing(storeInMemory(name), async (_, ask) => {
    let passed = 0;
    for (const { topic, queueId, messages } of readTruth(name).queues) {
      if (topic !== "T_tags") continue;
      const found = await pulledFrom(ask, { topic, queueId }, byProperty) ?? assert.fail(topic);
      assert(found.length < messages.length);
      assert.deepEqual(found, await pulledFrom(ask, { topic, queueId }, byTags));
      passed += found.length;
    }
    assert(passed > 0);
  });
  assert.equal(run.exitCode, 0, run.stderr);
});

Deno.test("mq serve finds a commit log that lies elsewhere", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.rename("store/commitlog", "elsewhere");
  const args = ["--commitlog-path", "elsewhere"];
  const run = await whileServing(files, ({ messages, putRight }) => {
    assert.deepEqual([messages, putRight], [557, {}]);
    return Promise.resolve();
  }, { args });
  assert.equal(run.exitCode, 0, run.stderr);
});

Deno.test("mq serve never touches a file but to read it", async () => {
  const files = storeInMemory("5.5.0-b-kill-load-102");
  const refused = (what: string) => () => assert.fail(`${what} was called`);
  const guarded: FileSystem = {
    openRead: (path) => files.openRead(path),
    list: (path) => files.list(path),
    stat: (path) => files.stat(path),
    openWrite: refused("openWrite"),
    makeDirectory: refused("makeDirectory"),
    rename: refused("rename"),
    remove: refused("remove"),
    syncDirectory: refused("syncDirectory"),
    syncDirectoryAsync: refused("syncDirectoryAsync"),
    lock: refused("lock"),
  };
  const run = await whileServing(guarded, async (_, ask) => {
    const commit = { consumerGroup: "G", topic: "T_plain", queueId: 0, commitOffset: 1 };
    assert.equal((await ask("UPDATE_CONSUMER_OFFSET", commit)).code, 26, "no such group yet");
    assert.equal((await ask("GET_BROKER_RUNTIME_INFO", {})).code, 0);
    assert.equal((await ask("DELETE_TOPIC_IN_BROKER", { topic: "T_plain" })).code, 16);
  });
  assert.equal(run.exitCode, 0, run.stderr);
});

Deno.test("mq serve explains itself to people", async () => {
  const stop = new AbortController();
  const run = await record(["serve", "store", ...FREE_PORTS], {
    files: storeInMemory("5.5.0-c-flip-102-first"),
    stop: stop.signal,
    onStdout: () => stop.abort(),
  });
  assert.equal(run.exitCode, 0, run.stderr);
  assert.match(run.stdout, /^mq is ready\.\n\n {2}name server {2}127\.0\.0\.1:\d+\n/);
  assert.match(
    run.stdout,
    /\nServes 447 messages in 12 queues of 6 topics, log offsets 0 to 279195\.\n/,
  );
  assert.match(run.stdout, /\nPut right in memory: .*1 queue rebuilt, 1 damaged range passed over/);
  assert.match(run.stdout, /\nLost to damage: 1 message \(466 bytes\)\.\n/);
  assert.match(run.stdout, /\nNothing is written: /);
  assert.match(run.stdout, /Try in another window: {2}mqadmin topicList -n 127\.0\.0\.1:\d+\n/);
});

Deno.test("mq serve says that what a running broker stores is not served", async () => {
  const run = await whileServing(storeInMemory("4.9.7-b-kill-load-101"), () => Promise.resolve(), {
    lockHolder: 4711,
  });
  assert.match(run.stderr, /^mq: process 4711 is using store: /);
  assert(!run.stderr.includes("reading all"), "its start puts right what a start does");
  const stop = new AbortController();
  const told = await record(["serve", "store", ...FREE_PORTS], {
    files: storeInMemory("4.9.7-b-kill-load-101"),
    stop: stop.signal,
    lockHolder: 4711,
    onStdout: () => stop.abort(),
  });
  assert.match(told.stdout, /\nProcess 4711 is using the store: what it stores from now on is not/);
});

Deno.test("mq serve ends with 8 for a port in use, for no store, and for want of memory", async () => {
  const check = async (files: MemoryFiles, args: readonly string[], reason: RegExp) => {
    const { exitCode, stdout, stderr } = await record(["serve", ...args], { files });
    assert.equal(exitCode, 8);
    assert.equal(stdout, "");
    assert.match(stderr.split("\n").at(-2)!, reason);
  };
  const files = storeInMemory("5.5.0-a-clean-102");
  const server = net.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = String((server.address() as AddressInfo).port);
  const namesrv = ["store", "--namesrv-port", port, "--port", "0"];
  await check(files, namesrv, /^mq: Cannot listen on .* in use/);
  const broker = ["store", "--namesrv-port", "0", "--port", port];
  await check(files, broker, /^mq: Cannot listen on .* in use/);
  server.close();
  await once(server, "close");
  await check(files, ["nowhere", ...FREE_PORTS], /^mq: Cannot read "nowhere": no such file/);
  await check(files, ["store/index", ...FREE_PORTS], /part of the store "store"/);
  const elsewhere = ["store", ...FREE_PORTS, "--host", "192.0.2.1"];
  await check(files, elsewhere, /^mq: Cannot listen on 192\.0\.2\.1/);
});

Deno.test("mq serve says when what it would keep in memory is too much, and what else can be done", async () => {
  const store = new SmallStore({ segmentBytes: 65_536 });
  // A page of each queue is kept.
  for (let nth = 0; nth < 300; nth++) store.add({ topic: `T${nth}` });
  const { files } = store.save();
  files.remove("store/consumequeue");
  const args = ["serve", "store", ...FREE_PORTS, "--memory", "1"];
  const { exitCode, stdout, stderr } = await record(args, { files });
  assert.equal(exitCode, 8);
  assert.equal(stdout, "");
  assert.equal(
    stderr.split("\n").at(-2),
    'mq: Cannot serve "store": what its log calls for differs from its files by more than 1 MiB; ' +
      "allow more with --memory, or let mq recover store --into FOLDER make a sound copy",
  );
  const run = await whileServing(files, ({ messages, putRight }) => {
    assert.deepEqual([messages, putRight], [300, { "rebuild-queue": 300 }]);
    return Promise.resolve();
  }, { args: ["--memory", "2"] });
  assert.equal(run.exitCode, 0, run.stderr);
});

Deno.test("mq serve serves what stands behind bytes the disk cannot read, and tells of them at once", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const third = "store/commitlog/00000000000000131072";
  files.breakRange(third, 8192, 12_288);
  const { exitCode, stderr } = await whileServing(files, async ({ messagesLost, logEnd }, ask) => {
    assert.deepEqual([messagesLost, logEnd], [2, 330_461]);
    const offsets = await pulledFrom(ask, { topic: "T_big", queueId: 0 });
    assert(offsets!.some((it) => it > 151_355), "what is behind is served");
    assert(!offsets!.includes(138_026));
  });
  assert.equal(exitCode, 0);
  assert.equal(stderr.match(/the disk cannot read bytes 8192 to 12288/g)!.length, 1);
});

Deno.test("mq serve tells of bytes the disk can read no more while it serves", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const log = files.list("store/commitlog").map((name) => `store/commitlog/${name}`);
  const { stderr } = await whileServing(files, async (_, ask) => {
    for (const path of log) files.breakRange(path, 0, 65_536);
    const queue = { consumerGroup: "G", topic: "T_plain", queueId: 0, queueOffset: 0 };
    const pull = { maxMsgNums: 32, sysFlag: 4, commitOffset: 0, subVersion: 0, ...ALL };
    await ask("PULL_MESSAGE", { ...queue, ...pull, suspendTimeoutMillis: 0 });
  });
  assert.match(stderr, /^mq: the disk cannot read bytes \d+ to \d+ of "store\/commitlog\//m);
  assert.match(stderr, /ddrescue/);
});

import assert from "node:assert/strict";
import { capturedBodies } from "../../testdata/bodies.ts";
import { ManualClock } from "../../testdata/manual_clock.ts";
import { turn } from "../../testdata/scripted_socket.ts";
import { NameServer } from "../namesrv/namesrv.ts";
import type { Reply } from "../rpc/call.ts";
import { routesOf } from "../rpc/routes.ts";
import { Server } from "../rpc/server.ts";
import { decodeHeader, type HeaderOf } from "../wire/headers.ts";
import { formatKvTable } from "../wire/name_lists.ts";
import { parseRegisterBody, registerBodyCrc } from "../wire/register_body.ts";
import type { TopicConfigs } from "../wire/topic_config.ts";
import { type BrokerConfig, defaultBrokerConfig } from "./broker_config.ts";
import { nameServersOf, Registration, type RegistrationOptions } from "./registration.ts";
import { newTopic, TopicTable } from "./topic_table.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const BROKER = "127.0.0.1:10911";
const SECOND = 1000;

interface Seen {
  readonly header: HeaderOf<"REGISTER_BROKER">;
  readonly topics: TopicConfigs;
  readonly crc: number;
}

/** A name server that records what it hears, and answers as the test wants. */
class Recorder implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly left: HeaderOf<"UNREGISTER_BROKER">[] = [];
  answer: () => Reply | Promise<Reply> = () => ({});
  #server: Server | undefined;

  async listen(port = 0): Promise<this> {
    this.#server = await Server.listen({ ...ADDRESS, port }, {
      stopTimeoutMs: 50,
      routes: routesOf([{
        REGISTER_BROKER: ({ header, body, command }) => {
          const context = { compressed: header.compressed ?? false, version: command.version };
          const { topics } = parseRegisterBody(body.slice(), context);
          this.seen.push({ header, topics, crc: registerBodyCrc(body) });
          return this.answer();
        },
        UNREGISTER_BROKER: ({ header }) => {
          this.left.push(header);
          return {};
        },
      }]),
    });
    return this;
  }

  get peer(): string {
    return this.#server?.peer ?? assert.fail("it does not listen");
  }

  get port(): number {
    return this.#server?.address.port ?? assert.fail("it does not listen");
  }

  async heard(count: number): Promise<void> {
    while (this.seen.length < count) await turn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }
}

/** What is registered by a clock of the test. */
function setUp(servers: readonly string[], config: Partial<BrokerConfig> = {}) {
  const clock = new ManualClock(0);
  const told: string[] = [];
  const all = {
    ...defaultBrokerConfig({ hostname: "broker-a", address: "127.0.0.1" }),
    brokerClusterName: "C1",
    namesrvAddr: servers.join(";"),
    ...config,
  };
  const topics = TopicTable.open({ config: all, now: clock.now });
  const pause = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) return resolve();
      const stop = clock.startTimer(resolve, ms);
      signal.addEventListener("abort", () => {
        stop();
        resolve();
      });
    });
  const log = (text: string) => void told.push(text);
  const options: RegistrationOptions = { config: all, brokerAddr: BROKER, topics, log, pause };
  return { clock, told, topics, start: () => Registration.start(options) };
}

/** Waits until so many loops are at a pause, each where it is when nothing happens. */
async function paused({ clock }: { clock: ManualClock }, count = 1): Promise<void> {
  do await turn(); while (clock.timerCount !== count);
}

/** Lets the short pause after a registration pass. */
async function passGap(it: { clock: ManualClock }, count = 1): Promise<void> {
  await paused(it, count);
  it.clock.advance(SECOND);
  await paused(it, count);
}

Deno.test("Registration.start() is in the routes of every name server when it resolves", async () => {
  await using one = await NameServer.listen({ ...ADDRESS, now: () => 0 });
  await using other = await NameServer.listen({ ...ADDRESS, now: () => 0 });
  const it = setUp([one.peer, other.peer]);
  {
    await using _registration = await it.start();
    for (const { table } of [one, other]) {
      assert.equal(table.groups.get("broker-a")?.brokerAddrs.get(0), BROKER);
      assert.deepEqual([...table.clusters.get("C1") ?? []], ["broker-a"]);
      assert.equal(table.route("TBW102")?.queueDatas[0]?.perm, 7);
    }
  }
  for (const { table } of [one, other]) {
    assert.equal(table.groups.size, 0, "it has taken its leave");
    assert.equal(table.route("TBW102"), undefined);
  }
  assert.deepEqual(it.told, []);
});

Deno.test("Registration says what Java's brokers say, with the checksum of the body", async () => {
  await using server = await new Recorder().listen();
  const it = setUp([server.peer]);
  await using _registration = await it.start();
  const [{ header, topics, crc }] = server.seen as [Seen];
  assert.deepEqual(header, {
    brokerName: "broker-a",
    brokerAddr: BROKER,
    clusterName: "C1",
    haServerAddr: "",
    brokerId: 0,
    enableActingMaster: false,
    compressed: false,
    bodyCrc32: crc,
  });
  assert.deepEqual(topics.topicConfigTable, it.topics.snapshot().topicConfigTable);
  const java = capturedBodies("REGISTER_BROKER", "request").map(({ extFields }) =>
    Object.keys(decodeHeader("REGISTER_BROKER", extFields).ok ?? {})
  );
  const ours = Object.keys(header).sort().join();
  assert(
    java.some((keys) =>
      keys.filter((key) => key !== "heartbeatTimeoutMillis").sort().join() === ours
    ),
  );
});

Deno.test("Registration comes again after the period, kept within 10 s and 60 s", async () => {
  for (const [period, seconds] of [[30_000, 30], [1, 10], [1_000_000, 60]] as const) {
    await using server = await new Recorder().listen();
    const it = setUp([server.peer], { registerNameServerPeriod: period });
    await using _registration = await it.start();
    await passGap(it);
    it.clock.advance((seconds - 1) * SECOND);
    await paused(it);
    assert.equal(server.seen.length, 1, `${seconds} s are not over`);
    it.clock.advance(SECOND);
    await server.heard(2);
  }
});

Deno.test("Registration tells of changes at once, those of one moment together", async () => {
  await using server = await new Recorder().listen();
  const it = setUp([server.peer]);
  await using registration = await it.start();
  await passGap(it);
  for (let count = 0; count < 50; count++) {
    it.topics.put(newTopic(`T${count}`, { queues: 1 }));
    registration.announce();
  }
  await server.heard(2);
  await passGap(it);
  assert(server.seen.length <= 3, `${server.seen.length} registrations for one moment`);
  assert(server.seen.at(-1)?.topics.topicConfigTable.has("T49"));
});

Deno.test("Registration.announce() resolves when the name server has the change", async () => {
  await using server = await NameServer.listen({ ...ADDRESS, now: () => 0 });
  const it = setUp([server.peer]);
  await using registration = await it.start();
  await passGap(it);
  it.topics.put(newTopic("T", { queues: 3 }));
  await registration.announce();
  assert.equal(server.table.route("T")?.queueDatas[0]?.readQueueNums, 3);
});

Deno.test("Registration does without a name server that is down, says so once, and tries again", async () => {
  const down = await new Recorder().listen();
  const { peer, port } = down;
  await down[Symbol.asyncDispose]();
  await using up = await new Recorder().listen();
  const it = setUp([peer, up.peer]);
  await using _registration = await it.start();
  assert.equal(up.seen.length, 1);
  assert.equal(it.told.length, 1);
  assert.match(
    it.told[0]!,
    new RegExp(`^Cannot register with name server ${peer}: Cannot connect`),
  );
  for (let round = 2; round <= 3; round++) {
    await passGap(it, 2);
    it.clock.advance(30 * SECOND);
    await up.heard(round);
  }
  assert.equal(it.told.length, 1);
  await using again = await new Recorder().listen(port);
  await passGap(it, 2);
  it.clock.advance(30 * SECOND);
  await again.heard(1);
  await paused(it, 2);
  assert.deepEqual(it.told.slice(1), [`Registered with name server ${peer} again`]);
});

Deno.test("a name server that never answers keeps no other waiting, nor a start for ever", async () => {
  await using silent = await new Recorder().listen();
  silent.answer = () => new Promise<Reply>(() => {});
  await using up = await new Recorder().listen();
  const it = setUp([silent.peer, up.peer]);
  const starting = it.start();
  await Promise.all([silent.heard(1), up.heard(1)]);
  // The start and the one that was answered.
  await paused(it, 2);
  it.clock.advance(3 * SECOND);
  await using registration = await starting;
  await paused(it);
  registration.announce();
  await up.heard(2);
  assert.equal(silent.seen.length, 1);
  await registration[Symbol.asyncDispose]();
  assert.equal(up.left.length, 1);
  assert.equal(silent.left.length, 1, "it may have taken the registration");
});

Deno.test("Registration tells what a name server refuses, and stays away at the end", async () => {
  await using server = await new Recorder().listen();
  server.answer = () => ({ code: "SYSTEM_ERROR", remark: "register broker failed" });
  const it = setUp([server.peer]);
  {
    await using _registration = await it.start();
  }
  const remark = "code 1, register broker failed";
  assert.deepEqual(it.told, [`Cannot register with name server ${server.peer}: ${remark}`]);
  assert.deepEqual(server.left, []);
});

Deno.test("Registration marks the topics that name servers keep an order of", async () => {
  await using server = await new Recorder().listen();
  server.answer = () => ({ body: formatKvTable(new Map([["T", "broker-a:2"], ["Other", "x:1"]])) });
  const it = setUp([server.peer]);
  it.topics.put(newTopic("T", { queues: 1 }));
  await using _registration = await it.start();
  assert.equal(it.topics.get("T")?.order, true);
  assert.equal(it.topics.get("Other"), undefined);
});

Deno.test("Registration takes an answer that makes no sense for a failure", async () => {
  await using server = await new Recorder().listen();
  server.answer = () => ({ body: new TextEncoder().encode("{{") });
  const it = setUp([server.peer]);
  await using _registration = await it.start();
  assert.equal(it.told.length, 1);
  assert.match(it.told[0]!, /^Cannot register with name server /);
});

Deno.test("Registration offers no more than the broker as a whole permits", async () => {
  await using server = await new Recorder().listen();
  const it = setUp([server.peer], { brokerPermission: 4 });
  it.topics.put(newTopic("T", { queues: 1 }));
  await using _registration = await it.start();
  const table = server.seen[0]?.topics.topicConfigTable;
  assert.deepEqual([table?.get("T")?.perm, table?.get("TBW102")?.perm], [4, 4]);
  assert.equal(it.topics.get("T")?.perm, 6);
});

Deno.test("Registration says goodbye to each name server once, and disposing twice is fine", async () => {
  await using server = await new Recorder().listen();
  const it = setUp([`${server.peer}; ${server.peer}`]);
  const registration = await it.start();
  await Promise.all([registration[Symbol.asyncDispose](), registration[Symbol.asyncDispose]()]);
  await registration[Symbol.asyncDispose]();
  const identity = { brokerName: "broker-a", brokerAddr: BROKER, clusterName: "C1", brokerId: 0 };
  assert.deepEqual(server.left, [identity]);
  assert.equal(server.seen.length, 1);
  await registration.announce();
  assert.equal(server.seen.length, 1);
  assert.equal(it.clock.timerCount, 0);
});

Deno.test("Registration without name servers does nothing", async () => {
  const it = setUp([]);
  await using registration = await it.start();
  await registration.announce();
  assert.equal(it.clock.timerCount, 0);
});

Deno.test("Registration.start() refuses an address that is none", async () => {
  const it = setUp(["127.0.0.1:9876", "nowhere"]);
  await assert.rejects(it.start(), SyntaxError);
  assert.equal(it.clock.timerCount, 0);
});

Deno.test("nameServersOf() takes addresses apart, each once", () => {
  assert.deepEqual(nameServersOf(""), []);
  assert.deepEqual(nameServersOf(" a:1 ;b:2;;a:1;"), ["a:1", "b:2"]);
});

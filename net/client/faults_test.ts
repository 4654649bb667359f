import assert from "node:assert/strict";
import { ClientTraffic } from "../../testdata/client_traffic.ts";
import { eventually } from "../../testdata/eventually.ts";
import { FaultyCluster } from "../../testdata/faulty_cluster.ts";
import { randomOf } from "../../testdata/random.ts";
import type { ClientOptions } from "./client_options.ts";

/** What a fault is let do. */
interface Fault {
  readonly name: string;
  /** Begins and ends it. */
  readonly work: (it: FaultyCluster, traffic: ClientTraffic, told: string[]) => Promise<void>;
  /** Sends may fail, with a typed error; otherwise none does. */
  readonly sendsMayFail?: boolean;
  /** Queues are taken anew, so that what was not yet told to the broker comes again. */
  readonly givesAgain?: boolean;
  /** Of all clients. */
  readonly options?: Partial<ClientOptions>;
}

const SEED = 20_261_122;
const CLOSE_MS_MAX = 3000;
/** Far less than it is from one renewal of locks to the next. */
const STUCK_MS_MIN = 5000;

/**
 * Traffic before, while and after a fault: each send ends with a result or a typed error, each
 * acknowledged message comes to each group, and what comes twice has a cause.
 */
async function survive({ work, sendsMayFail, givesAgain, options }: Fault): Promise<void> {
  const random = randomOf(SEED);
  await using it = await FaultyCluster.start();
  const told: string[] = [];
  const log = (text: string) => void told.push(text);
  await using traffic = await ClientTraffic.start(() => it.connect({ random, log, ...options }));
  await traffic.flow(60);
  const since = performance.now();
  await work(it, traffic, told);
  await traffic.flow(60);
  await traffic.settled();
  await traffic.flow(60);
  await traffic.pause();
  await traffic.consumed();
  traffic.checkFailures();
  traffic.checkOrder();
  const doubles = traffic.doubles({ since });
  if (sendsMayFail !== true) assert.deepEqual([...traffic.failed.values()], []);
  for (const counts of Object.values(doubles)) {
    if (givesAgain !== true) {
      assert.deepEqual(counts, { sentAgain: 0, byAnother: 0, byTheSame: 0 });
    }
  }
  const closing = performance.now();
  await traffic[Symbol.asyncDispose]();
  const tookMs = performance.now() - closing;
  assert(tookMs < CLOSE_MS_MAX, `closing took ${tookMs} ms (seed ${SEED})`);
}

const NO_ROUTE = /^Cannot refresh a route/;
const HOUR_MS = 3_600_000;
/** By how much the clocks of all clients are off. */
let skewMs = 0;

const FAULTS: readonly Fault[] = [
  {
    name: "a broker that is killed and comes again",
    sendsMayFail: true,
    // Offsets told after the last time the broker stored them are gone with it.
    givesAgain: true,
    async work(it, traffic) {
      await it.kill(0);
      await traffic.flow(60);
      await it.revive(0);
    },
  },
  {
    name: "a broker that comes again under another address",
    sendsMayFail: true,
    givesAgain: true,
    async work(it, traffic) {
      await it.kill(1);
      await traffic.flow(30);
      await it.revive(1, { elsewhere: true });
    },
  },
  {
    name: "a name server that is gone for a while",
    async work(it, traffic, told) {
      await it.nameServerRelay.cut();
      await using late = it.connect();
      const sent = late.producer({ group: "late" }).send({ topic: "New", body: "x" });
      await assert.rejects(sent, { name: "ClientError", kind: "name-server" });
      await eventually(() => told.filter((it) => NO_ROUTE.test(it)).length > 8);
      await traffic.flow(30);
      await it.nameServerRelay.restore();
    },
  },
  {
    name: "a name server that is silent for a while",
    async work(it, traffic, told) {
      it.nameServerRelay.stall();
      await eventually(() => told.filter((it) => NO_ROUTE.test(it)).length > 8);
      await traffic.flow(30);
      it.nameServerRelay.resume();
    },
  },
  {
    name: "connections that end",
    sendsMayFail: true,
    // Who has lost its connection has lost its queues.
    givesAgain: true,
    async work(it, traffic) {
      for (const relay of it.brokerRelays) {
        relay.reset();
        await traffic.flow(30);
      }
    },
  },
  {
    name: "half-open connections",
    sendsMayFail: true,
    // Brokers have seen the members go, and shared out their queues.
    givesAgain: true,
    async work(it, traffic) {
      for (const relay of it.brokerRelays) relay.orphan();
      await traffic.flow(30);
    },
  },
  {
    name: "a network that stands still and goes on",
    sendsMayFail: true,
    // Offsets stood still, too; what was sent without an answer is stored when it goes on.
    givesAgain: true,
    async work(it, traffic) {
      for (const relay of it.brokerRelays) relay.stall();
      await eventually(() => traffic.failed.size >= 4, "sends fail");
      for (const relay of it.brokerRelays) relay.resume();
    },
  },
  {
    name: "a slow broker",
    async work(it, traffic) {
      it.brokerRelays[0]!.delayMs = 100;
      await traffic.flow(100);
      it.brokerRelays[0]!.delayMs = 0;
    },
  },
  {
    name: "a broker slower than any time-out",
    sendsMayFail: true,
    // To the client it is gone, to the broker the client is.
    givesAgain: true,
    async work(it, traffic) {
      it.brokerRelays[0]!.delayMs = 2000;
      await eventually(() => traffic.failed.size >= 4, "sends fail");
      await traffic.flow(10);
      it.brokerRelays[0]!.delayMs = 0;
    },
  },
  {
    name: "clocks that are an hour ahead, and an hour behind",
    options: { now: () => Date.now() + skewMs },
    async work(_, traffic) {
      // Each takes longer than it is from one heartbeat, or rebalance, to the next.
      for (skewMs of [HOUR_MS, -HOUR_MS, 0]) {
        await traffic.flow(250);
        await traffic.pause();
        const begun = performance.now();
        await traffic.consumed();
        const tookMs = performance.now() - begun;
        assert(tookMs < STUCK_MS_MIN, `the groups were stuck for ${tookMs} ms`);
        traffic.send();
      }
    },
  },
];

for (const fault of FAULTS) {
  Deno.test(`Client with ${fault.name}: sends end, nothing is lost, nobody is stuck`, async () => {
    await survive(fault);
  });
}

Deno.test("Client closes in time where neither name server nor brokers say a word", async () => {
  await using it = await FaultyCluster.start();
  const slow = { requestTimeoutMs: 60_000, closeTimeoutMs: 100 };
  const traffic = await ClientTraffic.start(() => it.connect(slow));
  await traffic.flow(20);
  await traffic.pause();
  for (const relay of [it.nameServerRelay, ...it.brokerRelays]) relay.stall();
  const begun = performance.now();
  await traffic[Symbol.asyncDispose]();
  const tookMs = performance.now() - begun;
  assert(tookMs < CLOSE_MS_MAX, `closing took ${tookMs} ms`);
});

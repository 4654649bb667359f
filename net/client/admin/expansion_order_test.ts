import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";

const KEYS = 7;
/** As quick as routes are asked for anew here, twice. */
const REFRESH_MS = 100;
const SETTLE_MS = 2 * REFRESH_MS;

Deno.test("an ordered topic grows while it is sent and consumed, and no message overtakes another", () =>
  grows({ brokers: 1, queues: 3, to: 6 }));

Deno.test("an ordered topic of two brokers grows in two steps, and no message overtakes another", () =>
  grows({ brokers: 2, queues: 1, to: 8 }));

async function grows({ brokers, queues, to }: Record<"brokers" | "queues" | "to", number>) {
  await using it = await ClusterFixture.start({ brokers, client: { routeRefreshMs: REFRESH_MS } });
  const { client } = it;
  // As an operator does it, elsewhere: producers and consumers hear of it when they ask anew.
  const { admin } = it.connect();
  await admin.createTopic("T", { readQueues: queues, writeQueues: queues });
  await using producer = client.producer({ group: "p" });
  const stop = new AbortController();
  const sent: string[] = [];
  const queuesSent = new Set<string>();
  const sending = (async () => {
    for (let number = 0; !stop.signal.aborted; number++) {
      for (let key = 0; key < KEYS; key++) {
        const { queue } = await producer.send(
          { topic: "T", keys: `${key}`, body: `${key} ${number}` },
          { shardingKey: `key-${key}` },
        );
        sent.push(`${key} ${number}`);
        queuesSent.add(`${queue.brokerName} ${queue.queueId}`);
      }
      await sleep(2);
    }
  })();
  // Told below; a test that fails before that says why itself.
  sending.catch(() => {});
  const consumer = client.consumer({
    group: "g",
    subscribe: { T: "*" },
    ordered: true,
    startFrom: "first",
    rebalanceMs: REFRESH_MS,
  });
  const received: string[] = [];
  let isSlow = true;
  const queuesReceived = new Set<string>();
  const running = consumer.run(async (message) => {
    // Slower than what is sent: a backlog builds up.
    if (isSlow) await sleep(10);
    received.push(message.text());
    queuesReceived.add(`${message.brokerName} ${message.queueId}`);
  });
  await eventually(() => sent.length - received.length > 100, "a backlog");
  let phase = "";
  await eventually(async () => {
    ({ phase } = await admin.expandTopic("T", { to, settleMs: SETTLE_MS }));
    if (phase === "draining") isSlow = false;
    return phase === "done";
  }, `the topic has ${to} queues`);
  await eventually(() =>
    queuesReceived.size === queuesSent.size && queuesSent.size > queues * brokers
  );
  stop.abort();
  await sending;
  await eventually(() => received.length >= sent.length, "all is consumed");
  await consumer[Symbol.asyncDispose]();
  await running;
  for (let key = 0; key < KEYS; key++) {
    const of = (texts: readonly string[]) => [
      ...new Set(texts.filter((text) => text.startsWith(`${key} `))),
    ];
    assert.deepEqual(of(received), of(sent), `messages of key ${key}`);
  }
}

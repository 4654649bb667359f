import assert from "node:assert/strict";
import { consumerOf, ConsumerSide } from "../../testdata/consumer_side.ts";
import { turn } from "../../testdata/scripted_socket.ts";
import { CHANNEL_EXPIRY_MS } from "./client_channel.ts";

/** Time between two heartbeats of Java's clients. */
const HEARTBEAT_MS = 30_000;

Deno.test("A client lives on its heartbeats, and is gone when they stopped for two minutes", async () => {
  await using it = await ConsumerSide.open();
  const silent = it.client("silent");
  const beating = it.client("beating");
  const beat = { producerGroups: ["P"], consumers: [consumerOf("G")] };
  await silent.heartbeat(beat);
  await beating.heartbeat(beat);
  const expire = () => {
    it.consumers.expire();
    it.producers.expire();
  };
  for (let at = 0; at < CHANNEL_EXPIRY_MS; at += HEARTBEAT_MS) {
    it.clock.advance(HEARTBEAT_MS);
    await beating.heartbeat(beat);
    expire();
  }
  assert.equal(it.consumers.get("G")?.size, 2, "not a moment too early");
  assert.equal(silent.connection.closed, false);
  await beating.news();
  it.clock.advance(1);
  expire();
  await turn();
  assert.equal(silent.connection.closed, true);
  assert.deepEqual(it.consumers.get("G")?.channels.map((it) => it.clientId), ["beating"]);
  assert.deepEqual(it.producers.get("P")?.map((it) => it.clientId), ["beating"]);
  assert.deepEqual(await beating.news(), ["NOTIFY_CONSUMER_IDS_CHANGED G"]);
});

Deno.test("A client that only produces is gone when its heartbeats stopped, and its pulls with it", async () => {
  await using it = await ConsumerSide.open();
  it.createTopics("T");
  const client = it.client();
  await client.heartbeat({ producerGroups: ["P", "Q"] });
  client.send("PULL_MESSAGE", {
    header: {
      consumerGroup: "G",
      topic: "T",
      queueId: 0,
      queueOffset: 0,
      maxMsgNums: 32,
      sysFlag: 6,
      commitOffset: 0,
      suspendTimeoutMillis: 1_000_000,
      subVersion: 0,
    },
  });
  await client.read();
  assert.equal(it.path.hold.size, 1);
  it.clock.advance(CHANNEL_EXPIRY_MS + 1);
  it.producers.expire();
  assert.equal(client.connection.closed, true);
  assert.equal(it.producers.all().size, 0);
  assert.equal(it.path.hold.size, 0);
});

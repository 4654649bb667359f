import assert from "node:assert/strict";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { eventually } from "../../testdata/eventually.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { traceRows } from "./trace.ts";

Deno.test("traceRows() are the life of a message, by time", () => {
  const rows = traceRows({
    messageId: "0A",
    sends: [{
      type: "Pub",
      messageId: "0A",
      clientHost: "10.0.0.1",
      time: 10,
      costMs: 3,
      success: true,
    }],
    transactionEnds: [
      {
        type: "EndTransaction",
        messageId: "0A",
        clientHost: "10.0.0.1",
        time: 20,
        state: "commit",
      },
    ],
    recalls: [],
    deliveries: [
      {
        group: "g",
        attempt: 2,
        clientHost: "10.0.0.2",
        before: { type: "SubBefore", time: 40 },
        after: { type: "SubAfter", success: false, costMs: 7 },
      },
      {
        group: "g",
        attempt: 1,
        clientHost: "10.0.0.2",
        before: { type: "SubBefore", time: 30 },
        after: undefined,
      },
    ],
    unreadable: [],
  }) as readonly Readonly<Record<string, unknown>>[];
  const seen = rows.map((it) => [it["kind"], it["time"], it["outcome"], it["attempt"]]);
  assert.deepEqual(seen, [
    ["send", 10, "stored", undefined],
    ["transaction", 20, "commit", undefined],
    ["deliver", 30, "under way", 1],
    ["deliver", 40, "failed", 2],
  ]);
});

Deno.test("mq message trace prints what a tracing producer wrote, and says where there is nothing", async () => {
  await using it = await ClusterFixture.start({ config: { traceTopicEnable: true } });
  for (const topic of ["T", "Traces"]) await it.client.admin.createTopic(topic);
  const producer = it.client.producer({ group: "shop", trace: "Traces" });
  const { messageId } = await producer.send({ topic: "T", body: "a", keys: "k" });
  await producer[Symbol.asyncDispose]();
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const traced = (id: string, ...more: string[]) => {
    const words = ["message", "trace", id, "--trace-topic", "Traces", "-o", "jsonl", ...more];
    return record(words, { env });
  };
  await eventually(async () => (await traced(messageId)).stdout !== "");
  const row = JSON.parse((await traced(messageId)).stdout);
  assert.deepEqual([row.kind, row.group, row.topic, row.outcome], ["send", "shop", "T", "stored"]);
  const nothing = await traced("0A");
  assert.deepEqual([nothing.exitCode, nothing.stdout], [0, ""]);
  assert.match(nothing.stderr, /no trace of "0A"/);
  assert.equal((await traced("0A", "--exit-status")).exitCode, 1);
});

Deno.test("mq message trace finds nothing where no client has traced yet", async () => {
  await using it = await ClusterFixture.start();
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const nothing = await record(["message", "trace", "0A", "-o", "jsonl"], { env });
  assert.deepEqual([nothing.exitCode, nothing.stdout], [0, ""]);
  assert.match(nothing.stderr, /no trace of "0A"/);
  const named = await record(["message", "trace", "0A", "--trace-topic", "Traecs"], { env });
  assert.equal(named.exitCode, 8);
  assert.match(named.stderr, /a trace of message "0A": no broker has trace topic "Traecs"; /);
});

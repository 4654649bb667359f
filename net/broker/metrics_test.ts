import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { sendFields, START } from "../../testdata/message_path.ts";
import { formatAddress } from "../rpc/address.ts";
import { healthOf } from "./metrics.ts";

const PROM = { metricsExporterType: "PROM", metricsPromExporterPort: 0 };

async function getText(it: BrokerFixture, path: string): Promise<[number, string]> {
  const response = await fetch(`http://${formatAddress(it.broker.metrics!)}${path}`);
  return [response.status, await response.text()];
}

/** Numbers by name and labels; every line must be one of Prometheus' text format. */
function parse(text: string): Map<string, number> {
  const found = new Map<string, number>();
  const typed = new Set<string>();
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE ([a-z_0-9]+) gauge$/.exec(line);
    if (type !== null) {
      assert(!typed.has(type[1]!), `${line} stands twice`);
      typed.add(type[1]!);
      continue;
    }
    const label = '[a-zA-Z_]+="(?:[^"\\\\\n]|\\\\.)*"';
    const sample = new RegExp(`^([a-z_0-9]+)\\{((?:${label},?)*)\\} (\\S+)$`).exec(line);
    assert(sample !== null, line);
    assert(typed.has(sample[1]!), line);
    const key = `${sample[1]}{${sample[2]}}`;
    assert(!found.has(key), `${key} stands twice`);
    found.set(key, Number(sample[3]));
  }
  return found;
}

Deno.test("metrics have the exporter's names and labels, and the numbers of the broker", async () => {
  await using it = await BrokerFixture.start({ config: PROM, now: () => START });
  for (let count = 0; count < 3; count++) {
    await it.ask("SEND_MESSAGE_V2", { extFields: sendFields(), body: new Uint8Array(10) });
  }
  const group = JSON.stringify({ groupName: "G" });
  await it.ask("UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", { body: new TextEncoder().encode(group) });
  await it.ask("UPDATE_CONSUMER_OFFSET", {
    header: { consumerGroup: "G", topic: "T", queueId: 0, commitOffset: 1 },
  });
  const [status, text] = await getText(it, "/metrics");
  assert.equal(status, 200);
  const numbers = parse(text);
  const broker = `cluster="C1",brokerIP="${it.peer}",broker="broker-a"`;
  const topic = 'cluster="C1",broker="broker-a",topic="T"';
  assert.equal(numbers.get(`rocketmq_broker_tps{${broker}}`), 0.3);
  assert.equal(numbers.get(`rocketmq_broker_qps{${broker}}`), 0);
  assert.equal(numbers.get(`rocketmq_producer_offset{${topic}}`), 3);
  assert.equal(numbers.get(`rocketmq_producer_tps{${topic}}`), 0.3);
  assert(numbers.get(`rocketmq_producer_message_size{${topic}}`)! > 0);
  assert.equal(numbers.get(`rocketmq_consumer_offset{${topic},group="G"}`), 1);
  assert.equal(
    numbers.get('rocketmq_group_diff{group="G",topic="T",countOfOnlineConsumers="0",msgModel="1"}'),
    2,
  );
  const runtime = [...numbers].filter(([name]) => name.startsWith("rocketmq_brokeruntime_"));
  const value = (name: string) =>
    runtime.find(([key]) => key.startsWith(`rocketmq_brokeruntime_${name}{`))?.[1];
  assert.equal(value("msg_put_total_today_now"), 3);
  assert.equal(value("commitlog_maxoffset"), it.broker.store.logRange.max);
  assert.equal(value("put_tps10"), 0.3);
  assert.deepEqual(runtime.filter(([, number]) => Number.isNaN(number)), []);
});

Deno.test("metrics are escaped, whatever clients call their topics and groups", async () => {
  await using it = await BrokerFixture.start({ config: { ...PROM, brokerName: "a-b" } });
  const beat = { clientID: 'C"\\', producerDataSet: [{ groupName: 'P"\\\n{x}' }] };
  const body = new TextEncoder().encode(JSON.stringify({ ...beat, consumerDataSet: [] }));
  assert.equal((await it.ask("HEART_BEAT", { body })).code, 0);
  const [, text] = await getText(it, "/metrics");
  const numbers = parse(text);
  const producers = [...numbers].filter(([name]) => name.startsWith("rocketmq_producer_count"));
  assert.deepEqual(producers.map(([, count]) => count), [1]);
});

Deno.test("/health says whether messages are taken", async () => {
  await using it = await BrokerFixture.start({ config: PROM });
  assert.deepEqual(await getText(it, "/health"), [200, "Messages are taken and delivered\n"]);
  const full = { failure: undefined, takesMessages: false };
  assert.deepEqual(healthOf(full), {
    isWell: false,
    reason: "No message is taken: there is no room on the disk",
  });
  const broken = { failure: new Error("EIO"), takesMessages: false };
  assert.deepEqual(healthOf(broken), { isWell: false, reason: "The store cannot be written: EIO" });
});

Deno.test("Broker serves no metrics unless it is told to", async () => {
  await using it = await BrokerFixture.start();
  assert.equal(it.broker.metrics, undefined);
});

Deno.test("Broker does not start where its metrics cannot be served, and leaves nothing open", async () => {
  await using it = await BrokerFixture.start({ config: PROM });
  const { port } = it.broker.metrics!;
  const taken = { ...PROM, metricsPromExporterPort: port };
  await assert.rejects(BrokerFixture.start({ config: taken }), {
    message: new RegExp(`^Cannot serve metrics on 127\\.0\\.0\\.1:${port}: `),
  });
});

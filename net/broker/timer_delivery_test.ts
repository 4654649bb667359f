import assert from "node:assert/strict";
import { hostBytes } from "../../store/host.ts";
import { parseProperties } from "../../store/properties.ts";
import { MessagePath, messagesOf, propertiesOf, START } from "../../testdata/message_path.ts";
import { TimerDelivery } from "./timer_delivery.ts";
import { TimerMetrics } from "./timer_metrics.ts";

const HOME = { REAL_TOPIC: "T", REAL_QID: "1", TIMER_OUT_MS: "1", UNIQ_KEY: "0A" };

/** Puts a message into a topic that nobody parks from, and gives its unit. */
async function setUp(properties: Record<string, string>, topic = "rmq_sys_wheel_timer") {
  const path = await MessagePath.open({ config: { timerWheelEnable: false } });
  const { promise, resolve } = Promise.withResolvers<{ at: number; size: number }>();
  const draft = {
    topic,
    queueId: 0,
    flag: 3,
    sysFlag: 0,
    bornTimestamp: START,
    bornHost: hostBytes("10.0.0.7", 4242),
    reconsumeTimes: 2,
    preparedTransactionOffset: 0,
    body: Uint8Array.of(1, 2, 3),
    properties: propertiesOf(properties),
  };
  path.store.put(draft, (put) => resolve({ at: put.physicalOffset, size: put.wroteBytes }));
  const { at, size } = await promise;
  const told: string[] = [];
  const metrics = new TimerMetrics({ now: () => START });
  const delivery = new TimerDelivery({
    config: { appendTopicForTimerDeleteKey: false },
    store: path.store,
    metrics,
    now: () => START + 7,
    log: (text) => void told.push(text),
  });
  const unit = (magic: number) => ({
    position: 0,
    prevPosition: -1,
    magic,
    enqueueTime: START - 50,
    dueTime: START,
    physicalOffset: at,
    messageSize: size,
    topicHash: 0,
  });
  const read = async (topic: string, queueId: number) => {
    const found = await path.store.get({ topic, queueId, queueOffset: 0, countMax: 9 });
    return messagesOf(found.body);
  };
  return {
    path,
    delivery,
    unit,
    read,
    told,
    metrics,
    [Symbol.asyncDispose]: () => path[Symbol.asyncDispose](),
  };
}

const pairsOf = (text: string) => Object.fromEntries(parseProperties(text));

Deno.test("TimerDelivery.deliverParked() brings a message to its topic as it was", async () => {
  await using it = await setUp(HOME);
  assert.deepEqual(await it.delivery.deliverParked([it.unit(1)], new Set()), []);
  const [message] = await it.read("T", 1);
  assert.deepEqual(message!.body, Uint8Array.of(1, 2, 3));
  assert.deepEqual([message!.flag, message!.reconsumeTimes], [3, 2]);
  assert.deepEqual(pairsOf(message!.properties), {
    ...HOME,
    TIMER_ENQUEUE_MS: String(START - 50),
    TIMER_DEQUEUE_MS: String(START + 7),
  });
  assert.equal(it.metrics.counts.get("T")?.count, -1);
});

Deno.test("TimerDelivery.deliverParked() brings one that was parked half way to be parked again", async () => {
  await using it = await setUp({ ...HOME, TIMER_ROLL_TIMES: "4" });
  await it.delivery.deliverParked([it.unit(3)], new Set());
  assert.equal((await it.read("T", 1)).length, 0);
  const [, again] = await it.read("rmq_sys_wheel_timer", 0);
  assert.equal(pairsOf(again!.properties)["TIMER_ROLL_TIMES"], "5");
});

Deno.test("TimerDelivery leaves out what was taken back, and what takes back", async () => {
  await using it = await setUp(HOME);
  await it.delivery.deliverParked([it.unit(1)], new Set(["0A"]));
  assert.equal((await it.read("T", 1)).length, 0);
  assert.equal(it.metrics.counts.get("T")?.count, -1);
  await using other = await setUp({ ...HOME, TIMER_DEL_UNIQKEY: "0B" });
  assert.deepEqual(await other.delivery.deletedBy([other.unit(5)]), new Set(["0B"]));
  const [marker] = await other.read("rmq_sys_wheel_timer", 0);
  assert((await other.delivery.deliverLate(marker!)).stored);
  assert.equal((await other.read("T", 1)).length, 0);
});

Deno.test("TimerDelivery tells of messages that are gone or belong nowhere, and goes on", async () => {
  await using it = await setUp(HOME, "Another");
  assert.deepEqual(await it.delivery.deliverParked([it.unit(1)], new Set()), []);
  assert.match(it.told[0] ?? "", /^A timed message is gone: it was \d+ bytes at 0$/);
  await using homeless = await setUp({ TIMER_OUT_MS: "1", REAL_TOPIC: "T" });
  assert.deepEqual(await homeless.delivery.deliverParked([homeless.unit(1)], new Set()), []);
  assert.deepEqual(homeless.told, [
    "Dropped a timed message at 0: it has no topic to go to",
  ]);
});

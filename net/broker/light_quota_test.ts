import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { pullFields, sendFields } from "../../testdata/message_path.ts";

const ON = { enableLmq: true, enableMultiDispatch: true };
const FULL = { ...ON, enableLmqQuota: true, maxLmqConsumeQueueNum: 1 };

async function send(it: BrokerFixture, light: string): Promise<[number, string?]> {
  const properties = { INNER_MULTI_DISPATCH: light };
  const extFields = sendFields({ topic: "T", queueId: 0, properties });
  const { code, remark } = await it.ask("SEND_MESSAGE_V2", { extFields, body: Uint8Array.of(1) });
  return remark === undefined ? [code] : [code, remark];
}

/** How often a group has got messages, under a key of the statistics. */
function got(it: BrokerFixture, key: string) {
  return it.ask("VIEW_BROKER_STATS_DATA", {
    header: { statsName: "GROUP_GET_NUMS", statsKey: key },
  });
}

Deno.test("a broker full of light queues refuses a message that names a new one, as Java 5.5 does", async () => {
  await using it = await BrokerFixture.start({ config: FULL });
  assert.deepEqual(await send(it, "%LMQ%a"), [0]);
  assert.deepEqual(await send(it, "%LMQ%b"), [
    2017,
    "[LMQ_CONSUME_QUEUE_NUM_EXCEEDED]lmq consume queue num exceeded.",
  ]);
  assert.deepEqual(await send(it, "%LMQ%a"), [0]);
});

Deno.test("light queues are not counted against a limit unless that is asked for", async () => {
  for (const config of [{ ...ON, maxLmqConsumeQueueNum: 0 }, { enableLmqQuota: true }]) {
    await using it = await BrokerFixture.start({ config });
    assert.deepEqual(await send(it, "%LMQ%a"), [0]);
    assert.deepEqual(await send(it, "%LMQ%b"), [0]);
  }
});

Deno.test("what is got from light queues is counted together, or by queue with enableLmqStats", async () => {
  for (const enableLmqStats of [false, true]) {
    await using it = await BrokerFixture.start({ config: { ...ON, enableLmqStats } });
    await send(it, "%LMQ%a");
    const extFields = pullFields({ topic: "%LMQ%a", group: "%LMQ%a", queueId: 0, queueOffset: 0 });
    assert.equal((await it.ask("PULL_MESSAGE", { extFields })).code, 0);
    const keys = ["%LMQ%@%LMQ%", "%LMQ%a@%LMQ%a"];
    const [mine, other] = enableLmqStats ? keys.toReversed() : keys;
    assert.equal((await got(it, mine!)).code, 0);
    assert.notEqual((await got(it, other!)).code, 0);
  }
});

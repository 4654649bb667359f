import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { messagesOf, pullFields, sendFields } from "../../testdata/message_path.ts";
import { SYS_FLAG } from "../../store/format.ts";
import { parseProperties } from "../../store/properties.ts";
import { formatBatch } from "../wire/batch_body.ts";

const utf8 = new TextEncoder();
const TOPIC = "B";

async function createTopic(it: BrokerFixture, attributes: string) {
  return await it.ask("UPDATE_AND_CREATE_TOPIC", {
    header: {
      topic: TOPIC,
      defaultTopic: "TBW102",
      readQueueNums: 1,
      writeQueueNums: 1,
      perm: 6,
      topicFilterType: "SINGLE_TAG",
      order: false,
      attributes,
    },
  });
}

function batchOf(...bodies: string[]): Uint8Array {
  return formatBatch(bodies.map((body) => ({
    flag: 0,
    body: utf8.encode(body),
    properties: utf8.encode(`UNIQ_KEY\u0001${body}\u0002`),
  })));
}

async function sendBatch(it: BrokerFixture, uniqueKey: string, body: Uint8Array) {
  const properties = { UNIQ_KEY: uniqueKey };
  const extFields = sendFields({ topic: TOPIC, queueId: 0, batch: true, properties });
  return await it.ask("SEND_BATCH_MESSAGE", { extFields, body });
}

Deno.test("a batch sent to a topic with batch queues is kept, and served, as one record", async () => {
  await using it = await BrokerFixture.start();
  assert.equal((await createTopic(it, "+queue.type=BatchCQ")).code, 0);
  const bodies = [batchOf("a", "b", "c"), batchOf("d", "e")];
  const answers = [await sendBatch(it, "U1", bodies[0]!), await sendBatch(it, "U2", bodies[1]!)];
  assert.deepEqual(answers.map(({ code }) => code), [0, 0]);
  assert.deepEqual(answers.map(({ extFields }) => extFields?.queueOffset), ["0", "3"]);
  assert.deepEqual(answers.map(({ extFields }) => extFields?.batchUniqId), ["U1", "U2"]);
  await it[Symbol.asyncDispose]();

  await using again = await BrokerFixture.start({ fs: it.fs });
  assert.deepEqual(again.broker.store.queueRange(TOPIC, 0), { min: 0, max: 5 });
  const extFields = pullFields({ topic: TOPIC, queueId: 0, queueOffset: 4 });
  const { code, body } = await again.ask("PULL_MESSAGE", { extFields });
  assert.equal(code, 0);
  const [message, ...more] = messagesOf(body);
  assert.equal(more.length, 0);
  assert.deepEqual(message!.body, bodies[1]);
  assert.equal(message!.sysFlag, SYS_FLAG.innerBatch | SYS_FLAG.needUnwrap);
  assert.equal(message!.queueOffset, 3);
  const properties = Object.fromEntries(parseProperties(message!.properties));
  assert.deepEqual(properties, { UNIQ_KEY: "U2", CLUSTER: "C1", INNER_NUM: "2", INNER_BASE: "3" });
  assert.deepEqual(again.fs.list("/store/consumequeue"), []);
});

Deno.test("a topic's kind of queues is for good", async () => {
  await using it = await BrokerFixture.start();
  await createTopic(it, "");
  const { code, remark } = await createTopic(it, "+queue.type=BatchCQ");
  assert.equal(code, 29);
  assert.match(remark!, /unchangeable attribute/);
});

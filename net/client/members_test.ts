import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { MAGIC } from "../../store/format.ts";
import { hostBytes } from "../../store/host.ts";
import { writeMessage } from "../../store/message.ts";
import { formatProperties } from "../../store/properties.ts";
import { RpcClient } from "../rpc/client.ts";
import { routesOf } from "../rpc/routes.ts";
import { Server } from "../rpc/server.ts";
import { encodeHeader } from "../wire/headers.ts";
import { formatHeartbeat } from "../wire/heartbeat.ts";
import { type ConsumerMember, Members, type ProducerMember } from "./members.ts";

function halfRecord(properties: string): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  const host = hostBytes("10.0.0.1", 5);
  const size = writeMessage(view, 0, {
    totalSize: 0,
    magic: MAGIC.v1,
    bodyCRC: 0,
    queueId: 0,
    flag: 0,
    queueOffset: 1,
    physicalOffset: 4096,
    sysFlag: 0,
    bornTimestamp: 1,
    bornHost: host,
    storeTimestamp: 2,
    storeHost: host,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: new Uint8Array(1),
    topic: "T",
    properties,
  });
  view.setInt32(0, size);
  return bytes.slice(0, size);
}

function consumer(group: string, told: string[]): ConsumerMember {
  return {
    kind: "consumer",
    group,
    topics: () => ["T"],
    consumerData: () => ({
      groupName: group,
      consumeType: "CONSUME_PASSIVELY",
      messageModel: "CLUSTERING",
      consumeFromWhere: "CONSUME_FROM_LAST_OFFSET",
      subscriptionDataSet: [],
      unitMode: false,
    }),
    membersChanged: () => void told.push(`${group} changed`),
    resetOffsets: (topic, offsets) => {
      for (const [{ queueId }, offset] of offsets) told.push(`${topic} ${queueId} to ${offset}`);
    },
    consumerStatus: () => new Map([[{ topic: "T", brokerName: "b", queueId: 0 }, 5]]),
    runningInfo: () => new TextEncoder().encode(`{"properties":{}}`),
    consumeDirectly: () => Promise.resolve(new TextEncoder().encode(`{"order":false}`)),
  };
}

Deno.test("Members has one producer and one consumer of a group", () => {
  const members = new Members();
  assert.equal(members.empty, true);
  members.add({ kind: "producer", group: "g", topics: () => ["P"] });
  assert.equal(members.consuming, false);
  members.add(consumer("g", []));
  assert.throws(() => members.add(consumer("g", [])), { kind: "invalid", message: /"g"/ });
  assert.equal(members.consuming, true);
  assert.deepEqual([...members.topics].sort(), ["P", "T"]);
  const beat = members.heartbeat("c@1");
  assert.deepEqual([beat.clientID, beat.producerGroups], ["c@1", ["g"]]);
  assert.deepEqual(beat.consumers.map((it) => it.groupName), ["g"]);
});

Deno.test("Members.family() serves what brokers ask", async () => {
  const told: string[] = [];
  const members = new Members();
  members.add(consumer("g", told));
  await using it = await BrokerFixture.start();
  const routes = routesOf([members.family()]);
  const names = [...routes.values()].map((route) => route.name).sort();
  assert.deepEqual(names, [
    "CHECK_TRANSACTION_STATE",
    "CONSUME_MESSAGE_DIRECTLY",
    "GET_CONSUMER_RUNNING_INFO",
    "GET_CONSUMER_STATUS_FROM_CLIENT",
    "NOTIFY_CONSUMER_IDS_CHANGED",
    "PUSH_REPLY_MESSAGE_TO_CLIENT",
    "RESET_CONSUMER_CLIENT_OFFSET",
  ]);
  const client = it.connect({ routes });
  const beat = { name: "HEART_BEAT", body: formatHeartbeat(members.heartbeat("c@1")) } as const;
  assert.equal((await client.invoke(it.peer, beat, { timeoutMs: 5000 })).code, 0);
  const info = await it.ask("GET_CONSUMER_RUNNING_INFO", {
    header: { consumerGroup: "g", clientId: "c@1" },
  });
  assert.equal(new TextDecoder().decode(info.body), `{"properties":{}}`);
  assert.deepEqual(told, ["g changed"]);
});

Deno.test("Members.family() asks the producer whose half message it is, and nobody else", async () => {
  const asked: string[] = [];
  const members = new Members();
  const producer = (group: string): ProducerMember => ({
    kind: "producer",
    group,
    topics: () => [],
    checkTransaction: ({ record, header, address }) => {
      asked.push(`${group} ${record.length} ${header.commitLogOffset} ${address}`);
    },
  });
  members.add(producer("shop"));
  members.add(producer("other"));
  members.add({ kind: "producer", group: "plain", topics: () => [] });
  await using server = await Server.listen({ hostname: "127.0.0.1", port: 0 }, {
    routes: routesOf([members.family()]),
  });
  await using client = new RpcClient();
  const ask = async (body: Uint8Array) => {
    const header = {
      topic: undefined,
      tranStateTableOffset: 1,
      commitLogOffset: 4096,
      msgId: undefined,
      transactionId: "T",
      offsetMsgId: undefined,
      brokerName: undefined,
    };
    const extFields = encodeHeader("CHECK_TRANSACTION_STATE", header);
    const question = { name: "CHECK_TRANSACTION_STATE", extFields, body } as const;
    return (await client.invoke(server.peer, question, { timeoutMs: 5000 })).code;
  };
  for (const group of ["shop", "plain", "unknown"]) {
    const properties = formatProperties([["PGROUP", group]]);
    assert.equal(await ask(halfRecord(properties)), 0);
  }
  assert.equal(await ask(halfRecord("")), 0);
  assert.match(asked.join(), /^shop \d+ 4096 127\.0\.0\.1:\d+$/);
  assert.notEqual(await ask(halfRecord("").slice(0, 20)), 0);
});

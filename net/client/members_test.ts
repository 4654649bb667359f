import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { routesOf } from "../rpc/routes.ts";
import { formatHeartbeat } from "../wire/heartbeat.ts";
import { type ConsumerMember, Members } from "./members.ts";

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

import assert from "node:assert/strict";
import type { Store } from "../../store/store.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { openStore } from "../../testdata/open_store.ts";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { sendFields } from "../../testdata/message_path.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import { formatHeartbeat } from "../wire/heartbeat.ts";
import { queueFamily } from "./queue_family.ts";
import { Asker } from "../../testdata/asker.ts";
import { encodeHeader } from "../wire/headers.ts";

const SUCCESS = "not set any response code";

interface Shown {
  readonly maxQueueIndex: number;
  readonly minQueueIndex: number;
  readonly queueData: Record<string, unknown>[];
  readonly filterData?: string;
  readonly subscriptionData?: Record<string, unknown>;
}

function shown(body: Uint8Array | undefined): Shown {
  return parseFastJson(new TextDecoder().decode(body)) as unknown as Shown;
}

Deno.test("QUERY_CONSUME_QUEUE shows units as Java does", async () => {
  await using it = await BrokerFixture.start();
  const properties = { TAGS: "TagA", UNIQ_KEY: "0A" };
  for (let count = 0; count < 5; count++) {
    await it.ask("SEND_MESSAGE_V2", {
      extFields: sendFields({ properties }),
      body: new Uint8Array(1),
    });
  }
  const ask = (index: number, count: number, group?: string) =>
    it.ask("QUERY_CONSUME_QUEUE", {
      header: { topic: "T", queueId: 0, index, count, consumerGroup: group },
    });
  const three = await ask(1, 3);
  assert.deepEqual([three.code, three.remark], [0, SUCCESS]);
  const { queueData, ...rest } = shown(three.body);
  assert.deepEqual(rest, { maxQueueIndex: 5, minQueueIndex: 0 });
  assert.equal(queueData.length, 3);
  const [first, second] = queueData;
  assert.deepEqual(Object.keys(first!), ["eval", "physicOffset", "physicSize", "tagsCode"]);
  // The hash Java's String.hashCode() gives "TagA".
  assert.equal(first!["tagsCode"], 2_598_919);
  assert.equal(
    Number(first!["physicOffset"]) + Number(first!["physicSize"]),
    second!["physicOffset"],
  );
  const offline = shown((await ask(0, 1, "G")).body);
  assert.equal(offline.filterData, "G@T is not online!");
  const beat = {
    clientID: "C1",
    producerGroups: [],
    consumers: [{
      groupName: "G",
      consumeType: "CONSUME_PASSIVELY",
      messageModel: "CLUSTERING",
      consumeFromWhere: "CONSUME_FROM_FIRST_OFFSET",
      unitMode: false,
      subscriptionDataSet: [{
        topic: "T",
        subString: "*",
        expressionType: "TAG",
        tagsSet: [],
        codeSet: [],
        subVersion: 1,
        classFilterMode: false,
      }],
    }],
  };
  await it.ask("HEART_BEAT", { body: formatHeartbeat(beat) });
  const online = shown((await ask(0, 1, "G")).body);
  assert.equal(online.filterData, "null");
  assert.equal(online.subscriptionData?.["subString"], "*");
});

Deno.test("QUERY_CONSUME_QUEUE says in Java's words what is not there", async () => {
  await using it = await BrokerFixture.start();
  await it.ask("SEND_MESSAGE_V2", { extFields: sendFields(), body: new Uint8Array(1) });
  const check = async (
    asked: { topic?: string; queueId?: number; index: number; count: number },
    expected: unknown[],
  ) => {
    const answer = await it.ask("QUERY_CONSUME_QUEUE", {
      header: { topic: "T", queueId: 0, ...asked },
    });
    assert.deepEqual([answer.code, answer.remark, answer.body?.length ?? 0], expected);
  };
  await check({ index: 100, count: 2 }, [0, "Index 100 of 0@T is not exist!", 0]);
  await check({ index: -3, count: 2 }, [0, "Index -3 of 0@T is not exist!", 0]);
  await check({ queueId: 99, index: 0, count: 2 }, [1, "99@T is not exist!", 0]);
  await check({ topic: "None", index: 0, count: 2 }, [1, "0@None is not exist!", 0]);
  const none = { maxQueueIndex: 1, minQueueIndex: 0, queueData: [] };
  for (const count of [0, -2]) {
    const header = { topic: "T", queueId: 0, index: 0, count };
    assert.deepEqual(shown((await it.ask("QUERY_CONSUME_QUEUE", { header })).body), none);
  }
  const most = { topic: "T", queueId: 0, index: 0, count: 2 ** 31 - 1 };
  assert.equal(
    shown((await it.ask("QUERY_CONSUME_QUEUE", { header: most })).body).queueData.length,
    1,
  );
});

Deno.test("QUERY_CONSUME_QUEUE shows what extension files hold, addresses exactly", async () => {
  await using store: Store = await openStore(storeInMemory("5.5.0-e-cqext-102"));
  const none = { get: () => undefined };
  await using asker = new Asker([queueFamily({ store, consumers: none, filters: none })]);
  const topic = store.topics().find((name) => name.startsWith("T_tags"))!;
  const header = { topic, queueId: 0, index: 0, count: 2 };
  const extFields = encodeHeader("QUERY_CONSUME_QUEUE", header);
  const { body } = await asker.ask("QUERY_CONSUME_QUEUE", { extFields });
  const text = new TextDecoder().decode(body);
  const [unit] = store.queueUnits(header)!;
  assert(text.includes(`"tagsCode":${unit!.tagsCode}`), text);
  const data = shown(body).queueData[0]!;
  const extension = parseFastJson(String(data["extendDataJson"])) as Record<string, unknown>;
  assert.equal(extension["tagsCode"], Number(unit!.extension!.tagsCode));
  assert.equal(extension["size"], unit!.extension!.size);
});

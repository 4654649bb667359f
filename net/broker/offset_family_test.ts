import assert from "node:assert/strict";
import { consumerOf, ConsumerSide, type SideClient } from "../../testdata/consumer_side.ts";
import { pullFields, sendFields, START } from "../../testdata/message_path.ts";
import { Asker } from "../../testdata/asker.ts";
import { Store } from "../../store/store.ts";
import type { RequestName } from "../wire/codes.ts";
import { newSubscriptionGroup } from "../wire/subscription_group.ts";
import { offsetFamily } from "./offset_family.ts";

const LONG_MAX_TEXT = "9223372036854775807";

/** A side with topic T, group G, and a client. */
async function setUp(options: { youngBytesMax?: number } = {}) {
  const it = await ConsumerSide.open(options);
  it.createTopics("T");
  it.path.groups.put(newSubscriptionGroup("G"));
  const client = it.client();
  const send = async (queueId = 0, body = "hello") => {
    const { code } = await client.ask("SEND_MESSAGE_V2", {
      extFields: sendFields({ queueId }),
      body: new TextEncoder().encode(body),
    });
    assert.equal(code, 0);
  };
  const dispose = () => it[Symbol.asyncDispose]();
  return { it, client, send, [Symbol.asyncDispose]: dispose };
}

interface Place {
  readonly group?: string;
  readonly topic?: string;
  readonly queueId?: number;
}

async function query(
  client: SideClient,
  { group = "G", topic = "T", queueId = 0, setZeroIfNotFound }: Place & {
    readonly setZeroIfNotFound?: boolean;
  } = {},
): Promise<string> {
  const header = { consumerGroup: group, topic, queueId, setZeroIfNotFound };
  const { code, remark, extFields } = await client.ask("QUERY_CONSUMER_OFFSET", { header });
  return code === 0 ? extFields?.["offset"] ?? "none" : `${code} ${remark}`;
}

async function commit(
  client: SideClient,
  commitOffset: number,
  { group = "G", topic = "T", queueId = 0 }: Place = {},
): Promise<string> {
  const header = { consumerGroup: group, topic, queueId, commitOffset };
  const { code, remark } = await client.ask("UPDATE_CONSUMER_OFFSET", { header });
  return `${code} ${remark ?? ""}`.trim();
}

const NOT_FOUND = "22 Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first";

Deno.test("UPDATE_CONSUMER_OFFSET commits, backwards too, each group and queue on its own", async () => {
  await using it = await setUp();
  const { client } = it;
  it.it.path.groups.put(newSubscriptionGroup("H"));
  assert.equal(await commit(client, 7), "0");
  assert.equal(await query(client), "7");
  await commit(client, 3);
  assert.equal(await query(client), "3");
  await commit(client, 9, { queueId: 1 });
  await commit(client, 11, { group: "H" });
  assert.deepEqual(
    [await query(client), await query(client, { queueId: 1 }), await query(client, { group: "H" })],
    ["3", "9", "11"],
  );
});

Deno.test("UPDATE_CONSUMER_OFFSET refuses groups and topics there are not, as 5.x does", async () => {
  await using it = await setUp();
  assert.equal(await commit(it.client, 1, { group: "X" }), "26 Group X not exist!");
  assert.equal(await commit(it.client, 1, { topic: "X" }), "17 Topic X not exist!");
  assert.equal(await commit(it.client, 1, { group: "X", topic: "Y" }), "26 Group X not exist!");
});

Deno.test("A committed offset may be any long, and one below 0 counts as none", async () => {
  await using it = await setUp();
  const { client } = it;
  const header = { consumerGroup: "G", topic: "T", queueId: "0", commitOffset: LONG_MAX_TEXT };
  await client.ask("UPDATE_CONSUMER_OFFSET", { extFields: header });
  assert.equal(await query(client), LONG_MAX_TEXT, "Java must be able to read it");
  await commit(client, -1);
  assert.equal(await query(client), NOT_FOUND);
});

Deno.test("QUERY_CONSUMER_OFFSET of a group that never committed is 0 in a young queue only", async () => {
  await using it = await setUp();
  const { client } = it;
  assert.equal(await query(client), NOT_FOUND, "an empty queue has no message to start at");
  assert.equal(await query(client, { topic: "X", queueId: 77 }), NOT_FOUND);
  assert.equal(await query(client, { queueId: -1 }), NOT_FOUND);
  await it.send();
  assert.equal(await query(client), "0");
  assert.equal(await query(client, { group: "nobody" }), "0", "groups need not exist");
  assert.equal(await query(client, { queueId: 1 }), NOT_FOUND);
});

Deno.test("QUERY_CONSUMER_OFFSET does not say 0 where the client does not want it", async () => {
  await using it = await setUp();
  await it.send();
  const remark = "22 Not found, do not set to zero, maybe this group boot first";
  assert.equal(await query(it.client, { setZeroIfNotFound: false }), remark);
  assert.equal(await query(it.client, { setZeroIfNotFound: true }), "0");
  await commit(it.client, 0);
  assert.equal(await query(it.client, { setZeroIfNotFound: false }), "0", "it is committed");
});

Deno.test("QUERY_CONSUMER_OFFSET says 0 as long as the first message is near the end of the log", async () => {
  await using it = await setUp({ youngBytesMax: 2000 });
  await it.send(0);
  assert.equal(await query(it.client), "0");
  await it.send(1, "x".repeat(3000));
  assert.equal(await query(it.client), NOT_FOUND);
  assert.equal(await query(it.client, { queueId: 1 }), NOT_FOUND, "it is larger than that itself");
});

Deno.test("QUERY_CONSUMER_OFFSET does not say 0 where the first messages are gone", async () => {
  await using side = await setUp();
  const { path } = side.it;
  await side.send();
  // A queue whose first five messages were deleted.
  const store: Store = Object.assign(Object.create(Store.prototype), {
    queueRange: () => ({ min: 5, max: 9 }),
  });
  await using asker = new Asker([offsetFamily({ ...path, store, youngBytesMax: Infinity })]);
  const header = { consumerGroup: "G", topic: "T", queueId: "0" };
  const { code } = await asker.ask("QUERY_CONSUMER_OFFSET", { extFields: header });
  assert.equal(code, 22);
});

Deno.test("The places of a queue: where it begins, where it ends, when it began", async () => {
  await using it = await setUp();
  const { client } = it;
  const ask = async (name: RequestName, { topic = "T", queueId = 0 }: Place = {}) => {
    const extFields = { topic, queueId: String(queueId) };
    const answer = await client.ask(name, { extFields });
    assert.equal(answer.code, 0);
    return Object.values(answer.extFields ?? {})[0];
  };
  const all = async (place: Place = {}) => [
    await ask("GET_MIN_OFFSET", place),
    await ask("GET_MAX_OFFSET", place),
    await ask("GET_EARLIEST_MSG_STORETIME", place),
  ];
  assert.deepEqual(await all(), ["0", "0", "-1"]);
  it.it.clock.advance(1234);
  await it.send();
  it.it.clock.advance(1000);
  await it.send();
  assert.deepEqual(await all(), ["0", "2", String(START + 1234)]);
  for (
    const nothing of [{ queueId: 1 }, { queueId: -1 }, { queueId: 2 ** 31 - 1 }, { topic: "" }]
  ) {
    assert.deepEqual(await all(nothing), ["0", "0", "-1"]);
  }
});

Deno.test("SEARCH_OFFSET_BY_TIMESTAMP finds the first message not before a time, or the last not after", async () => {
  await using it = await setUp();
  const { client } = it;
  // Messages at 1000, 2000, 2000, 3000 after the start.
  for (const ms of [1000, 1000, 0, 1000]) {
    it.it.clock.advance(ms);
    await it.send();
  }
  const search = async (ms: number, boundaryType?: string, queueId = 0) => {
    const header = { topic: "T", queueId, timestamp: START + ms, boundaryType };
    const answer = await client.ask("SEARCH_OFFSET_BY_TIMESTAMP", { header });
    assert.equal(answer.code, 0);
    return Number(answer.extFields?.["offset"]);
  };
  const found: Record<string, [lower: number, upper: number]> = {
    0: [0, 0],
    1000: [0, 0],
    1001: [1, 0],
    2000: [1, 2],
    2001: [3, 2],
    3000: [3, 3],
    3001: [4, 3],
  };
  for (const [ms, [lower, upper]] of Object.entries(found)) {
    assert.equal(await search(Number(ms)), lower, `${ms} by default`);
    assert.equal(await search(Number(ms), "LOWER"), lower, ms);
    assert.equal(await search(Number(ms), "nonsense"), lower, ms);
    assert.equal(await search(Number(ms), "upper"), upper, `${ms} upper`);
    assert.equal(await search(Number(ms), "UPPER"), upper, ms);
  }
  assert.equal(await search(-START), 0);
  assert.equal(await search(2 ** 53 - START), 4);
  assert.equal(await search(1000, "upper", 1), 0, "an empty queue");
  assert.equal(await search(1000, "lower", -7), 0, "no queue");
});

Deno.test("What a pull commits is what a query finds", async () => {
  await using it = await setUp();
  await it.client.heartbeat({ consumers: [consumerOf("G", ["T"])] });
  await it.client.ask("PULL_MESSAGE", { extFields: pullFields({ sysFlag: 1, commitOffset: 5 }) });
  assert.equal(await query(it.client), "5");
});

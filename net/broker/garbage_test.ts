/**
 * Requests of clients that are broken or mean it: whatever stands in their fields and bodies, each
 * gets one answer with a code and a remark that says what is wrong, no handler fails, and the broker
 * serves the next client as before.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { consumerOf, ConsumerSide, type SideClient } from "../../testdata/consumer_side.ts";
import { sendFields } from "../../testdata/message_path.ts";
import { turn } from "../../testdata/scripted_socket.ts";
import { type RequestName, responseName } from "../wire/codes.ts";
import { type RemotingCommand, request, response } from "../wire/command.ts";
import { encodeFrame } from "../wire/frame.ts";
import type { FieldRows } from "../wire/header.ts";
import { REQUEST_HEADERS } from "../wire/headers.ts";

const HEADERS: Partial<Record<RequestName, FieldRows>> = REQUEST_HEADERS;

/** Texts that make sense in one field or another. */
const USUAL = [
  "T",
  "U",
  "G",
  "P",
  "C1",
  "TBW102",
  "%RETRY%G",
  "%DLQ%G",
  "SCHEDULE_TOPIC_XXXX",
  "SINGLE_TAG",
  "TAG",
  "*",
  "TagA || TagB",
  "true",
  "0",
  "1",
  "2",
  "7",
  "1795250000000",
];

/** Texts that make none. */
const WILD = [
  "",
  " ",
  "-1",
  "-2147483648",
  "2147483647",
  "2147483648",
  "9007199254740993",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775808",
  "1e3",
  "0x10",
  "NaN",
  "yes",
  "a@b",
  "../../etc",
  "a/b\\c",
  "\u0000\u0001\u0002",
  "\ud83d",
  "__proto__",
  "constructor",
  "SQL92",
  "|| ||",
  "x".repeat(300),
  "y".repeat(40_000),
];

const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...USUAL) },
  { weight: 2, arbitrary: fc.constantFrom(...WILD) },
  { weight: 1, arbitrary: fc.string() },
);

/** Bodies that are read to some point, as JSON and as batches. */
const BODIES = [
  '{"clientID":"C1","consumerDataSet":[{"groupName":"G","subscriptionDataSet":[{"topic":"T"}]}]}',
  '{"clientID":"","consumerDataSet":[{}],"producerDataSet":[{}]}',
  '{"clientID":[],"consumerDataSet":{},"producerDataSet":7}',
  '{"consumerDataSet":[{"groupName":"G","subscriptionDataSet":[{"codeSet":[1e99],"subVersion":-1}]}]}',
  '{"clientId":"C1","consumerGroup":"G","mqSet":[{"topic":"T","brokerName":"b","queueId":-1},{}]}',
  '{"groupName":"G","retryQueueNums":2147483648,"retryMaxTimes":-1}',
  '{"groupName":"H","groupRetryPolicy":[],"attributes":7}',
  '{"subscriptionData":{"expressionType":null}}',
  '{"a":'.repeat(200),
  "[".repeat(5000),
  "\u0000\u0000\u0000\u00ff",
];

const body = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(...BODIES).map((text) => new TextEncoder().encode(text)),
  fc.json().map((text) => new TextEncoder().encode(text)),
  fc.uint8Array({ maxLength: 200 }),
);

interface Garbage {
  readonly name: RequestName;
  readonly extFields: Record<string, string>;
  readonly body: Uint8Array | undefined;
  readonly oneway: boolean;
}

function garbageOf(names: readonly RequestName[]): fc.Arbitrary<Garbage> {
  return fc.constantFrom(...names).chain((name) => {
    const keys = (HEADERS[name] ?? []).map(([wireKey]) => wireKey);
    const fields = fc.record(Object.fromEntries(keys.map((key) => [key, text])), {
      // Most requests have all their fields, or few would get far.
      requiredKeys: keys.filter((_, at) => at % 4 !== 3),
    });
    const others = fc.dictionary(fc.string({ maxLength: 3 }), text, { maxKeys: 1 });
    return fc.record({
      name: fc.constant(name),
      extFields: fc.tuple(others, fields).map(([others, fields]) => ({ ...others, ...fields })),
      body,
      oneway: fc.nat(7).map((one) => one === 0),
    });
  });
}

function checkAnswer({ name }: Garbage, { code, remark }: RemotingCommand): void {
  assert.ok(responseName(code) !== undefined, `${name} is answered ${code}`);
  if (code === 0) return;
  assert.ok(remark !== undefined && remark.trim() !== "", `${name} is refused without a reason`);
  assert.doesNotMatch(remark, /^(\w*Error|undefined|null|\[object)/, name);
}

/** Sends a request, answers what the broker asks meanwhile with as little sense, and lets it settle. */
async function throwAt(client: SideClient, garbage: Garbage, opaque: number): Promise<void> {
  const { name, ...rest } = garbage;
  client.feed(encodeFrame(request(name, { ...rest, opaque })));
  for (let turns = 0; turns < 12 && !client.answers.has(opaque); turns++) {
    await client.read();
    for (const asked of client.asked.splice(0)) {
      client.feed(encodeFrame(response(asked, "SUCCESS", { body: garbage.body })));
    }
  }
}

async function usualDay(it: ConsumerSide): Promise<SideClient> {
  it.createTopics("T", "U");
  const client = it.client("C1");
  await client.heartbeat({ consumers: [consumerOf("G", ["T"])], producerGroups: ["P"] });
  for (const queueId of [0, 0, 1]) {
    const body = new TextEncoder().encode("hello");
    await client.ask("SEND_MESSAGE_V2", { extFields: sendFields({ queueId }), body });
  }
  return client;
}

/** Whether a client that does nothing wrong is served. */
async function checkServes(it: ConsumerSide): Promise<void> {
  it.createTopics("Sound");
  const client = it.client("sound");
  const extFields = sendFields({ topic: "Sound", queueId: 1 });
  const sent = await client.ask("SEND_MESSAGE_V2", { extFields, body: new Uint8Array([1]) });
  assert.equal(sent.code, 0, sent.remark);
  assert.equal((await client.heartbeat({ consumers: [consumerOf("Sound", ["Sound"])] })).code, 0);
  const pulled = await client.ask("PULL_MESSAGE", {
    header: {
      consumerGroup: "Sound",
      topic: "Sound",
      queueId: 1,
      queueOffset: 0,
      maxMsgNums: 32,
      sysFlag: 0,
      commitOffset: 0,
      suspendTimeoutMillis: 0,
      subVersion: 0,
    },
  });
  assert.equal(pulled.code, 0, pulled.remark);
}

Deno.test("Every request is answered with a code and a reason, whatever stands in it", async () => {
  let names: RequestName[];
  {
    await using it = await ConsumerSide.open();
    names = it.requests;
  }
  const days = fc.array(garbageOf(names), { minLength: 1, maxLength: 60, size: "max" });
  let answered = 0;
  let done = 0;
  await fc.assert(
    fc.asyncProperty(days, async (day) => {
      await using it = await ConsumerSide.open();
      const client = await usualDay(it);
      const start = 1000;
      for (const [at, garbage] of day.entries()) await throwAt(client, garbage, start + at);
      assert.equal(client.connection.closed, false);
      // What waits may wait as long as it asked to: it is answered at the end.
      it.path.hold[Symbol.dispose]();
      for (let turns = 0; turns < 20; turns++) await turn();
      await client.read();
      for (const [at, garbage] of day.entries()) {
        const answer = client.answers.get(start + at);
        assert.equal(answer === undefined, garbage.oneway, `${garbage.name} has no answer`);
        if (answer === undefined) continue;
        checkAnswer(garbage, answer);
        answered++;
        if (answer.code === 0) done++;
      }
      assert.deepEqual(it.path.told, [], "no handler failed");
      await checkServes(it);
    }),
    // A failure prints its seed.
    { numRuns: 60 },
  );
  assert.ok(answered > 500, `${answered} were answered`);
  assert.ok(done > 100, `${done} came through all checks, so that the handlers were reached`);
});

Deno.test("A request without any field is told the first that is missing", async () => {
  await using it = await ConsumerSide.open();
  const client = it.client();
  for (const name of it.requests) {
    const missing = (HEADERS[name] ?? []).find(([, , , required]) => required)?.[0];
    if (missing === undefined) continue;
    const { code, remark } = await client.ask(name);
    assert.equal(code, 1, name);
    assert.equal(remark, `Cannot decode header of ${name}: field "${missing}" is missing`);
  }
});

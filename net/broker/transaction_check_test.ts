import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { readMessage } from "../../store/message.ts";
import { formatMessageId } from "../../store/message_id.ts";
import { parseProperties } from "../../store/properties.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { put } from "../../testdata/open_store.ts";
import { TransactionSide, type TransactionSideOptions } from "../../testdata/transaction_side.ts";
import { endedOffsets } from "./half_message.ts";
import {
  TRANS_CHECK_MAX_TIME_TOPIC,
  TRANS_HALF_TOPIC,
  TRANS_OP_HALF_TOPIC,
} from "../wire/topic_names.ts";
import { transactionCheckLoop } from "./transaction_check.ts";

const TIMEOUT_MS = 6000;
const TIMES = "TRANSACTION_CHECK_TIMES";
const IMMUNITY = "CHECK_IMMUNITY_TIME_IN_SECONDS";
const FIRST = "TRAN_PREPARED_QUEUE_OFFSET";

function open(options: TransactionSideOptions = {}): Promise<TransactionSide> {
  return TransactionSide.open(options);
}

Deno.test("TransactionCheck asks about a half message when it is old enough, and not before", async () => {
  await using side = await open();
  const member = side.member();
  await side.half();
  await side.round(TIMEOUT_MS - 1);
  assert.equal((await member.asked()).length, 0);
  assert.deepEqual(side.positions, [-1, -1]);
  await side.round(1);
  assert.equal((await member.asked()).length, 1);
  assert.equal(side.positions[0], 1);
});

Deno.test("TransactionCheck asks in Java's words, and ends what the answer says", async () => {
  await using side = await open();
  const member = side.member();
  const half = await side.half({ KEYS: "k" });
  await side.round(TIMEOUT_MS);
  const [asked] = await member.asked();
  const [, copy] = await side.messages(TRANS_HALF_TOPIC);
  assert.deepEqual(asked?.extFields, {
    topic: TRANS_HALF_TOPIC,
    tranStateTableOffset: "1",
    commitLogOffset: String(copy!.physicalOffset),
    msgId: "0A",
    transactionId: "0A",
    offsetMsgId: formatMessageId(copy!.storeHost, copy!.physicalOffset),
    bname: "broker-a",
  });
  const body = asked!.body!;
  const message = readMessage(new DataView(body.buffer, body.byteOffset), 0);
  assert.deepEqual([message.topic, message.queueId, message.queueOffset], ["T", 1, 1]);
  assert.equal(message.physicalOffset, copy!.physicalOffset);
  assert.equal(message.bornTimestamp, half.bornTimestamp);
  assert.deepEqual(message.body, half.body);
  assert.equal(parseProperties(message.properties).get(TIMES), "1");
  await side.end(copy!, "commit");
  assert.equal(side.count("T", 1), 1);
  await side.round(TIMEOUT_MS);
  assert.equal((await member.asked()).length, 0);
  assert.equal(side.count(TRANS_HALF_TOPIC), 2);
});

Deno.test("TransactionCheck asks the members of a group in turn, and nobody where there is none", async () => {
  await using side = await open();
  await side.half();
  await side.round(TIMEOUT_MS);
  assert.deepEqual(await side.halves(TIMES), [undefined, "1"]);
  const members = [side.member(), side.member(), side.member("Q")];
  for (let count = 0; count < 3; count++) await side.half();
  await side.round(TIMEOUT_MS);
  const counts = await Promise.all(members.map(async (it) => (await it.asked()).length));
  assert.deepEqual(counts, [2, 2, 0]);
});

Deno.test("TransactionCheck passes what is ended, and keeps the op messages it still needs", async () => {
  await using side = await open();
  const member = side.member();
  const halves = [];
  for (let count = 0; count < 5; count++) halves.push(await side.half());
  await side.end(halves[3]!, "commit");
  await side.end(halves[0]!, "rollback");
  await side.round(TIMEOUT_MS - 1);
  assert.deepEqual(side.positions, [1, -1]);
  await side.round(1);
  assert.equal((await member.asked()).length, 3);
  // Those that it put itself are read in the next round.
  assert.deepEqual(side.positions, [5, 2]);
  assert.equal(side.count(TRANS_HALF_TOPIC), 8);
});

Deno.test("TransactionCheck knows from the op messages alone what is ended, as after a start", async () => {
  const fs = new MemoryFiles();
  {
    await using side = await open({ fs });
    const halves = [await side.half(), await side.half(), await side.half()];
    await side.end(halves[1]!, "commit");
  }
  await using side = await open({ fs });
  const member = side.member();
  await side.round(TIMEOUT_MS);
  assert.equal((await member.asked()).length, 2);
});

Deno.test("TransactionCheck reads what 5.x wrote in one op message", async () => {
  await using side = await open();
  const member = side.member();
  for (let count = 0; count < 4; count++) await side.half();
  await put(side.store, {
    topic: TRANS_OP_HALF_TOPIC,
    body: "0,2,3,",
    properties: "TAGS\u0001d\u0002",
  });
  await side.round(TIMEOUT_MS);
  const asked = await member.asked();
  assert.equal(asked.length, 1);
  assert.deepEqual(side.positions, [4, 1]);
});

Deno.test("TransactionCheck gives up what nobody ends, after the last answer had its time", async () => {
  await using side = await open({ config: { transactionCheckMax: 3 } });
  const member = side.member();
  const half = await side.half();
  for (let round = 1; round <= 3; round++) {
    await side.round(TIMEOUT_MS);
    assert.equal((await member.asked()).length, 1);
    assert.equal(side.count(TRANS_CHECK_MAX_TIME_TOPIC), 0);
  }
  await side.round(TIMEOUT_MS);
  assert.equal((await member.asked()).length, 0);
  const [given] = await side.messages(TRANS_CHECK_MAX_TIME_TOPIC);
  assert.deepEqual(given?.body, half.body);
  assert.equal(parseProperties(given!.properties).get(TIMES), "3");
  assert.equal(side.topics.get(TRANS_CHECK_MAX_TIME_TOPIC)?.perm, 6);
  assert.equal(side.topics.get(TRANS_CHECK_MAX_TIME_TOPIC)?.writeQueueNums, 1);
  assert.match(side.told.join(), /^Gave up a half message of "T" at \d+, which nobody ended$/);
  await side.round(TIMEOUT_MS);
  assert.equal(side.count(TRANS_CHECK_MAX_TIME_TOPIC), 1);
});

Deno.test("TransactionCheck gives up what is older than the log keeps, and what nobody could end", async () => {
  await using side = await open({ config: { fileReservedTime: 1 } });
  await side.half({}, { bornTimestamp: side.clock.now() - 3_600_001 });
  await put(side.store, { topic: TRANS_HALF_TOPIC, properties: "TAGS\u0001a\u0002" });
  await side.half();
  await side.round();
  assert.equal(side.count(TRANS_CHECK_MAX_TIME_TOPIC), 2);
  assert.equal(side.positions[0], 2);
});

Deno.test("TransactionCheck leaves a message alone as long as it asks for, and others behind it are asked about", async () => {
  await using side = await open();
  const member = side.member();
  await side.half({ [IMMUNITY]: "20", UNIQ_KEY: "0B" });
  await side.half();
  await side.round(TIMEOUT_MS);
  assert.deepEqual((await member.asked()).map((it) => it.extFields?.["msgId"]), ["0A"]);
  await side.round(TIMEOUT_MS);
  await side.round(TIMEOUT_MS);
  assert.equal((await member.asked()).filter((it) => it.extFields?.["msgId"] === "0B").length, 0);
  await side.round(TIMEOUT_MS);
  const asked = (await member.asked()).find((it) => it.extFields?.["msgId"] === "0B");
  // The copies made meanwhile are no questions.
  const copy = (await side.messages(TRANS_HALF_TOPIC)).find(({ queueOffset }) =>
    String(queueOffset) === asked?.extFields?.["tranStateTableOffset"]
  );
  const properties = parseProperties(copy!.properties);
  assert.deepEqual([properties.get(FIRST), properties.get(TIMES)], ["0", "1"]);
});

Deno.test("TransactionCheck takes no number for the usual time, and as little as one asks for", async () => {
  await using side = await open();
  const member = side.member();
  const keysOf = async () => (await member.asked()).map((it) => it.extFields?.["msgId"]);
  await side.half({ [IMMUNITY]: "x", UNIQ_KEY: "01" });
  await side.half({ [IMMUNITY]: "-1", UNIQ_KEY: "02" });
  await side.half({ [IMMUNITY]: "1", UNIQ_KEY: "03" });
  await side.round(1001);
  assert.deepEqual(await keysOf(), ["03"]);
  await side.round(TIMEOUT_MS);
  assert.deepEqual((await keysOf()).sort(), ["01", "02", "03"]);
});

Deno.test("A commit of a message that was left alone ends its copy, before and after a start", async () => {
  const fs = new MemoryFiles();
  let half;
  {
    await using side = await open({ fs });
    half = await side.half({ [IMMUNITY]: "20", UNIQ_KEY: "0B" });
    const other = await side.half({ [IMMUNITY]: "20", UNIQ_KEY: "0C" });
    await side.round(TIMEOUT_MS);
    assert.equal(side.count(TRANS_HALF_TOPIC), 4);
    await side.end(other, "commit");
    await side.round(TIMEOUT_MS);
    assert.equal(side.count(TRANS_HALF_TOPIC), 5);
  }
  await using side = await open({ fs, offsets: [4, 0] });
  const member = side.member();
  await side.end(half, "commit");
  for (let round = 0; round < 4; round++) await side.round(20_000);
  assert.equal((await member.asked()).length, 0);
  assert.equal(side.count(TRANS_HALF_TOPIC), 5);
  assert.equal(side.count("T", 1), 2);
});

Deno.test("A commit that comes after the question ends the copy, and the answer changes nothing", async () => {
  await using side = await open();
  const member = side.member();
  const half = await side.half();
  await side.round(TIMEOUT_MS);
  const [, copy] = await side.messages(TRANS_HALF_TOPIC);
  await side.end(half, "commit");
  await side.end(copy!, "commit");
  await member.asked();
  await side.round(TIMEOUT_MS);
  assert.equal((await member.asked()).length, 0);
  assert.equal(side.count("T", 1), 1);
});

Deno.test("After a crash that lost the offsets nobody is asked again about what was copied", async () => {
  const fs = new MemoryFiles();
  {
    await using side = await open({ fs });
    for (let count = 0; count < 3; count++) await side.half();
    await side.round(TIMEOUT_MS);
    const [, , , copy] = await side.messages(TRANS_HALF_TOPIC);
    await side.end(copy!, "commit");
  }
  await using side = await open({ fs });
  const member = side.member();
  await side.round(TIMEOUT_MS);
  const offsets = (await member.asked()).map((it) => it.extFields?.["tranStateTableOffset"]);
  assert.deepEqual(offsets, ["6", "7"]);
});

Deno.test("After a crash that lost the offsets one that was left alone is asked about once", async () => {
  const fs = new MemoryFiles();
  {
    await using side = await open({ fs });
    await side.half({ [IMMUNITY]: "20", UNIQ_KEY: "0B" });
    for (let round = 0; round < 2; round++) await side.round(TIMEOUT_MS);
    assert.equal(side.count(TRANS_HALF_TOPIC), 3);
  }
  {
    await using side = await open({ fs });
    const member = side.member();
    await side.round(30_000);
    const [asked, ...more] = await member.asked();
    assert.deepEqual([asked?.extFields?.["tranStateTableOffset"], more], ["3", []]);
    const copy = (await side.messages(TRANS_HALF_TOPIC)).at(-1)!;
    await side.end(copy, "commit");
    assert.equal(side.count("T", 1), 1);
  }
  await using side = await open({ fs });
  const member = side.member();
  await side.round(60_000);
  assert.equal((await member.asked()).length, 0);
  assert.equal(side.count(TRANS_HALF_TOPIC), 4);
});

Deno.test("TransactionCheck waits for what is being ended", async () => {
  await using side = await open();
  const member = side.member();
  const half = await side.half();
  side.clock.advance(TIMEOUT_MS);
  const ending = side.end(half, "commit");
  assert.equal(side.transactions.stateOf(0), "ending");
  await Promise.all([ending, side.check.round()]);
  await side.round(TIMEOUT_MS);
  assert.equal((await member.asked()).length, 0);
  assert.equal(side.count(TRANS_HALF_TOPIC), 1);
});

Deno.test("TransactionCheck asks about a message of a producer whose clock is ahead", async () => {
  await using side = await open();
  const member = side.member();
  await side.half({}, { bornTimestamp: side.clock.now() + 60_000 });
  await side.round(1);
  assert.equal((await member.asked()).length, 1);
});

Deno.test("TransactionCheck goes through more than one read brings, and stops when told", async () => {
  await using side = await open();
  for (let count = 0; count < 100; count++) await side.half();
  side.clock.advance(TIMEOUT_MS);
  await side.check.round({ signal: AbortSignal.abort() });
  assert.equal(side.count(TRANS_HALF_TOPIC), 100);
  await side.round();
  assert.equal(side.count(TRANS_HALF_TOPIC), 200);
  assert.equal(side.positions[0], 100);
});

Deno.test("TransactionCheck stays where a half message could not be copied", async () => {
  const fs = new MemoryFiles();
  await using side = await open({ fs });
  for (let count = 0; count < 3; count++) await side.half();
  const put = side.store.put.bind(side.store);
  const refused = { status: "UNKNOWN_ERROR", stored: false, physicalOffset: -1, queueOffset: -1 };
  let puts = 0;
  side.store.put = (draft, done) => {
    if (draft.topic !== TRANS_HALF_TOPIC || ++puts !== 2) return put(draft, done);
    const rest = { storeTimestamp: 0, physicalOffsets: [], wroteBytes: 0, reason: "no room" };
    queueMicrotask(() => done({ ...refused, ...rest } as Parameters<typeof done>[0]));
  };
  await side.round(TIMEOUT_MS);
  assert.equal(side.positions[0], 1);
  assert.match(side.told.join(), /^Cannot move a half message: no room$/);
  side.store.put = put;
  await side.round();
  // The third was copied in the round before, as its op message tells.
  const sent = [undefined, undefined, undefined];
  assert.deepEqual(await side.halves(TIMES), [...sent, "1", "1", "1", "2", "2"]);
  assert.equal(side.positions[0], 5);
});

Deno.test("TransactionCheck keeps offsets within the queues, of which a crash may have taken the end", async () => {
  await using side = await open({ offsets: [99, 98] });
  assert.deepEqual(side.positions, [0, 0]);
  const member = side.member();
  await side.half();
  await side.round(TIMEOUT_MS);
  assert.equal((await member.asked()).length, 1);
});

Deno.test("transactionCheckLoop() goes on after a round that failed, until it is told to stop", async () => {
  const stopping = new AbortController();
  const told: string[] = [];
  let rounds = 0;
  const check = {
    round: () => {
      if (++rounds === 3) stopping.abort();
      return rounds === 1 ? Promise.reject(new Error("no")) : Promise.resolve();
    },
  };
  const log = (text: string) => void told.push(text);
  await transactionCheckLoop(check, { intervalMs: () => 1, signal: stopping.signal, log });
  assert.deepEqual([rounds, told], [3, ["Cannot look after half messages"]]);
});

const OPEN_WITH_JAVA = [
  { name: "4.9.7-a-clean-101", offsets: [18, 10], open: ["tx11", "tx2"] },
  { name: "5.5.0-a-clean-102", offsets: [22, 2], open: ["tx11", "tx2"] },
] as const;

for (const { name, offsets, open: keys } of OPEN_WITH_JAVA) {
  for (const [from, how] of [[offsets, "where Java stopped"], [[0, 0], "the beginning"]] as const) {
    Deno.test(`TransactionCheck goes on with Java's half messages from ${how}: ${name}`, async () => {
      const fs = storeInMemory(name);
      const start = 1_795_260_000_000;
      const config = { fileReservedTime: 1_000_000 };
      await using side = await open({ fs, start, config, offsets: [...from] });
      const member = side.member("P_TRANS");
      await side.round();
      const asked = (await member.asked()).map(({ body }) => {
        const { topic, properties } = readMessage(new DataView(body!.buffer, body!.byteOffset), 0);
        assert.equal(topic, "T_trans");
        return parseProperties(properties).get("KEYS")!;
      });
      // From the beginning, copies of what Java did not settle are open as well.
      if (from === offsets) assert.deepEqual(asked.sort(), keys);
      else assert.deepEqual([...new Set(asked)].sort(), ["tx11", "tx2", "tx5", "tx8"]);
      const ops = await side.messages(TRANS_OP_HALF_TOPIC);
      assert.equal(ops.flatMap(endedOffsets).length, 10 + asked.length);
    });
  }
}

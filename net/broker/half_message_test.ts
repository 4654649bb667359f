import assert from "node:assert/strict";
import { type MessageRecord, readMessage } from "../../store/message.ts";
import { parseProperties } from "../../store/properties.ts";
import type { MessageDraft } from "../../store/put.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { openStore } from "../../testdata/open_store.ts";
import { messagesOf } from "../../testdata/message_path.ts";
import {
  askedRecord,
  committedDraft,
  copiedDraft,
  endedOffsets,
  givenUpDraft,
  halfPairs,
  hasHalfPairs,
  opDraft,
  realPlace,
} from "./half_message.ts";
import { TRANS_HALF_TOPIC, TRANS_OP_HALF_TOPIC } from "../wire/topic_names.ts";

/** The messages of the transactions in a store that Java left, in the order of the log. */
async function javaMessages(name: string): Promise<MessageRecord[]> {
  await using store = await openStore(storeInMemory(name));
  const messages: MessageRecord[] = [];
  for (const topic of [TRANS_HALF_TOPIC, TRANS_OP_HALF_TOPIC, "T_trans"]) {
    for (const queueId of store.queueIds(topic)) {
      for (let queueOffset = 0;;) {
        const found = await store.get({ topic, queueId, queueOffset, countMax: 32 });
        if (found.status !== "FOUND") break;
        messages.push(...messagesOf(found.body));
        queueOffset = found.nextBeginOffset;
      }
    }
  }
  return messages.sort((one, other) => one.physicalOffset - other.physicalOffset);
}

/** What of a message or a draft must be equal. */
function essence(message: MessageRecord | MessageDraft, without: readonly string[] = []) {
  const properties = parseProperties(message.properties);
  for (const name of without) properties.delete(name);
  return {
    topic: message.topic,
    queueId: message.queueId,
    flag: message.flag,
    sysFlag: message.sysFlag,
    bornTimestamp: message.bornTimestamp,
    bornHost: message.bornHost,
    reconsumeTimes: message.reconsumeTimes,
    preparedTransactionOffset: message.preparedTransactionOffset,
    body: [...message.body],
    properties: Object.fromEntries([...properties].sort()),
  };
}

const WAITING = { delayLevelCount: 18, placeTimed: () => undefined };

const PLACE = ["REAL_TOPIC", "REAL_QID"];

for (const name of ["4.9.7-a-clean-101", "5.5.0-a-clean-102"]) {
  Deno.test(`committedDraft() makes the messages Java made: ${name}`, async () => {
    const all = await javaMessages(name);
    const halves = new Map(
      all.filter(({ topic }) => topic === TRANS_HALF_TOPIC).map((it) => [it.physicalOffset, it]),
    );
    const committed = all.filter(({ topic }) => topic === "T_trans");
    assert.equal(committed.length, 5);
    for (const message of committed) {
      const half = halves.get(message.preparedTransactionOffset)!;
      const draft = committedDraft(half, WAITING);
      // 4.x leaves in where the message was bound for; ours is as 5.x.
      const without = name.startsWith("4") ? PLACE : [];
      assert.deepEqual(essence(draft), essence(message, without));
    }
  });

  Deno.test(`copiedDraft() makes the copies Java made: ${name}`, async () => {
    const halves = (await javaMessages(name)).filter(({ topic }) => topic === TRANS_HALF_TOPIC);
    let copies = 0;
    for (const copy of halves) {
      const pairs = parseProperties(copy.properties);
      const times = pairs.get("TRANSACTION_CHECK_TIMES");
      if (times === undefined) continue;
      const original = halves.find(({ properties }) =>
        parseProperties(properties).get("UNIQ_KEY") === pairs.get("UNIQ_KEY")
      )!;
      const draft = copiedDraft(original, { TRANSACTION_CHECK_TIMES: times });
      assert.deepEqual(essence(draft), essence(copy));
      assert(hasHalfPairs(copy));
      copies++;
    }
    assert.equal(copies, name.startsWith("4") ? 8 : 12);
  });

  Deno.test(`endedOffsets() reads Java's op messages: ${name}`, async () => {
    const ops = (await javaMessages(name)).filter(({ topic }) => topic === TRANS_OP_HALF_TOPIC);
    const ended = ops.flatMap(endedOffsets).sort((one, other) => one - other);
    // Of twelve every third was unknown; one of those was committed and one undone when asked.
    assert.deepEqual(ended, [0, 1, 3, 4, 6, 7, 9, 10, 13, 14]);
  });
}

Deno.test("opDraft() writes what 4.9.7 wrote, which 5.x reads too", async () => {
  const ops = (await javaMessages("4.9.7-a-clean-101"))
    .filter(({ topic }) => topic === TRANS_OP_HALF_TOPIC);
  assert.equal(ops.length, 10);
  for (const op of ops) {
    const [offset] = endedOffsets(op);
    const draft = opDraft(offset!, { now: op.bornTimestamp, storeHost: op.storeHost });
    assert.deepEqual(essence(draft), essence(op));
  }
});

const HALF: MessageRecord = readMessage(
  new DataView(
    askedRecord(
      {
        totalSize: 0,
        magic: 0,
        bodyCRC: 0x1234,
        queueId: 0,
        flag: 5,
        queueOffset: 7,
        physicalOffset: 700,
        sysFlag: 1,
        bornTimestamp: 11,
        bornHost: { address: new Uint8Array([10, 0, 0, 1]), port: 1 },
        storeTimestamp: 12,
        storeHost: { address: new Uint8Array([10, 0, 0, 2]), port: 2 },
        reconsumeTimes: 0,
        preparedTransactionOffset: 0,
        body: new Uint8Array([1, 2, 3]),
        topic: TRANS_HALF_TOPIC,
        properties: "",
      },
      {
        draft: {
          properties: "REAL_TOPIC\u0001T\u0002REAL_QID\u00013\u0002PGROUP\u0001P\u0002",
        } as MessageDraft,
        physicalOffset: 700,
        queueOffset: 7,
      },
    ).buffer,
  ),
  0,
);

function withPairs(text: string): MessageRecord {
  return { ...HALF, properties: text.replaceAll("=", "\u0001").replaceAll(";", "\u0002") };
}

Deno.test("askedRecord() is a whole record of the real topic, at the place of the copy", () => {
  const draft = copiedDraft(withPairs("REAL_TOPIC=T;REAL_QID=3;PGROUP=P;"), { N: "é" });
  const bytes = askedRecord(HALF, { draft, physicalOffset: 9e12, queueOffset: 8 });
  const read = readMessage(new DataView(bytes.buffer), 0);
  assert.equal(read.totalSize, bytes.length);
  assert.deepEqual(
    [read.topic, read.queueId, read.queueOffset, read.physicalOffset, read.bodyCRC, read.flag],
    ["T", 3, 8, 9e12, 0x1234, 5],
  );
  assert.deepEqual(read.body, HALF.body);
  assert.equal(read.properties, draft.properties);
});

Deno.test("askedRecord() has room for the longest topic", () => {
  for (const length of [127, 128, 255]) {
    const topic = "T".repeat(length);
    const draft = copiedDraft(withPairs(`REAL_TOPIC=${topic};REAL_QID=0;PGROUP=P;`), {});
    const bytes = askedRecord(HALF, { draft, physicalOffset: 0, queueOffset: 0 });
    assert.equal(readMessage(new DataView(bytes.buffer), 0).topic, topic);
  }
});

Deno.test("committedDraft() lets a message with a delay wait for it", () => {
  const half = withPairs("REAL_TOPIC=T;REAL_QID=3;PGROUP=P;DELAY=99;");
  const draft = committedDraft(half, WAITING);
  assert.deepEqual([draft.topic, draft.queueId], ["SCHEDULE_TOPIC_XXXX", 17]);
  assert.deepEqual(Object.fromEntries(parseProperties(draft.properties)), {
    PGROUP: "P",
    DELAY: "18",
    REAL_TOPIC: "T",
    REAL_QID: "3",
  });
  assert.equal(draft.sysFlag, 9);
});

Deno.test("committedDraft() lets a message with a second of its own wait for it, unless it has a level", () => {
  const pairs = "REAL_TOPIC=T;REAL_QID=3;PGROUP=P;TIMER_DELAY_SEC=9;";
  const added: [string, string][] = [["TIMER_OUT_MS", "5"], ["REAL_TOPIC", "T"], ["REAL_QID", "3"]];
  const waiting = {
    ...WAITING,
    placeTimed: (properties: ReadonlyMap<string, string>, place: unknown) => {
      assert.deepEqual(place, { topic: "T", queueId: 3 });
      assert.deepEqual(Object.fromEntries(properties), { PGROUP: "P", TIMER_DELAY_SEC: "9" });
      return { topic: "rmq_sys_wheel_timer", queueId: 0, dueMs: 5, added };
    },
  };
  const draft = committedDraft(withPairs(pairs), waiting);
  assert.deepEqual([draft.topic, draft.queueId], ["rmq_sys_wheel_timer", 0]);
  assert.equal(parseProperties(draft.properties).get("TIMER_OUT_MS"), "5");
  assert.equal(parseProperties(draft.properties).get("REAL_TOPIC"), "T");
  const levelled = committedDraft(withPairs(`${pairs}DELAY=2;`), waiting);
  assert.deepEqual([levelled.topic, levelled.queueId], ["SCHEDULE_TOPIC_XXXX", 1]);
  assert(!parseProperties(levelled.properties).has("TIMER_DELAY_SEC"));
});

Deno.test("givenUpDraft() keeps everything but the topic", () => {
  const half = withPairs("REAL_TOPIC=T;REAL_QID=3;PGROUP=P;TRANSACTION_CHECK_TIMES=15;");
  const draft = givenUpDraft(half);
  assert.deepEqual(essence(draft), {
    ...essence(half),
    topic: "TRANS_CHECK_MAX_TIME_TOPIC",
    queueId: 0,
  });
});

Deno.test("realPlace() and hasHalfPairs() tell a half message from others", () => {
  assert.deepEqual(halfPairs({ topic: "T", queueId: 3 }, "0A"), [
    ["__transactionId__", "0A"],
    ["REAL_TOPIC", "T"],
    ["REAL_QID", "3"],
  ]);
  assert.deepEqual(realPlace(new Map([["REAL_TOPIC", "T"], ["REAL_QID", "3"]])), {
    topic: "T",
    queueId: 3,
  });
  for (
    const text of [
      "",
      "REAL_TOPIC=T;REAL_QID=3;",
      "REAL_TOPIC=T;PGROUP=P;",
      "REAL_TOPIC=T;REAL_QID=-1;PGROUP=P;",
      "REAL_TOPIC=T;REAL_QID=x;PGROUP=P;",
      "REAL_QID=3;PGROUP=P;",
    ]
  ) {
    assert(!hasHalfPairs(withPairs(text)), text);
  }
});

Deno.test("endedOffsets() takes what is an offset, of op messages only", () => {
  const op = (body: string, properties = "TAGS=d;") => ({
    ...withPairs(properties),
    body: new TextEncoder().encode(body),
  });
  assert.deepEqual(endedOffsets(op("12")), [12]);
  assert.deepEqual(endedOffsets(op("12,13,")), [12, 13]);
  assert.deepEqual(endedOffsets(op("12,,x,-3,1e3,99999999999999999999, 7")), [12]);
  assert.deepEqual(endedOffsets(op("")), []);
  assert.deepEqual(endedOffsets(op("12", "TAGS=r;")), []);
});

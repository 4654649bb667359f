import assert from "node:assert/strict";
import { draftOf, type DraftWish, openStore, put, putBatch } from "../testdata/open_store.ts";
import { PowerLossFiles } from "../testdata/power_loss.ts";
import { scanItems } from "../testdata/scan_items.ts";
import type { DispatchRequest } from "./dispatch.ts";
import { MAGIC, SYS_FLAG } from "./format.ts";
import { hostBytes } from "./host.ts";
import { type MessageRecord, readMessage } from "./message.ts";
import { formatProperties } from "./properties.ts";
import type { PutResult } from "./put.ts";
import type { Store, StoreOptions } from "./store.ts";

const LOG = "store/commitlog";

interface Opened extends AsyncDisposable {
  readonly fs: PowerLossFiles;
  readonly store: Store;
  /** Writes to the log so far. */
  readonly writes: () => number;
}

async function open(options: Partial<StoreOptions> = {}): Promise<Opened> {
  const fs = new PowerLossFiles();
  const store = await openStore(fs, options);
  let writes = 0;
  fs.interfere = (verb, path) => {
    if (verb === "write" && path.startsWith(LOG)) writes++;
  };
  return {
    fs,
    store,
    writes: () => writes,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function messageAt(store: Store, physicalOffset: number): MessageRecord {
  const bytes = store.recordAt(physicalOffset)!;
  return readMessage(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
}

function keys(text: string): string {
  return formatProperties([["KEYS", text]]);
}

Deno.test("WriteTurn: all puts of a turn are one write, and no answer comes before it", async () => {
  await using it = await open();
  const answers: PutResult[] = [];
  for (let count = 0; count < 20; count++) {
    it.store.put(draftOf({ queueId: count % 3 }), (result) => {
      assert.equal(it.writes(), 1);
      assert(it.store.recordAt(result.physicalOffset) !== undefined);
      answers.push(result);
    });
    assert.deepEqual([answers.length, it.writes()], [0, 0]);
  }
  await Promise.resolve();
  assert.equal(answers.length, 20);
  assert.deepEqual(answers.map(({ queueOffset }) => queueOffset), [
    ...Array.from({ length: 20 }, (_, count) => Math.floor(count / 3)),
  ]);
  const size = 91 + "body".length + "TopicTest".length;
  answers.forEach(({ status, stored, physicalOffset, physicalOffsets }, number) => {
    assert.deepEqual([status, stored], ["PUT_OK", true]);
    assert.deepEqual([physicalOffset, ...physicalOffsets], [number * size, number * size]);
  });
});

Deno.test("WriteTurn: the next turn is the next write", async () => {
  await using it = await open();
  await put(it.store);
  await put(it.store);
  assert.equal(it.writes(), 2);
});

Deno.test("WriteTurn stores what it was given, whatever becomes of it afterwards", async () => {
  await using it = await open({ now: () => 1_700_000_001_234 });
  const body = new TextEncoder().encode("as it was");
  const wish = {
    topic: "TopicX",
    queueId: 7,
    flag: -5,
    sysFlag: SYS_FLAG.compressed | SYS_FLAG.transactionCommit,
    bornTimestamp: 1_699_999_999_999,
    reconsumeTimes: 3,
    preparedTransactionOffset: 4711,
    properties: keys("schlüssel"),
  };
  const answer = put(it.store, { ...wish, body });
  body.fill(0);
  const { physicalOffset, queueOffset, storeTimestamp } = await answer;
  const stored = messageAt(it.store, physicalOffset);
  for (const [name, value] of Object.entries(wish)) {
    assert.deepEqual(stored[name as keyof typeof wish], value, name);
  }
  assert.equal(new TextDecoder().decode(stored.body), "as it was");
  assert.deepEqual(stored.bornHost, draftOf().bornHost);
  assert.deepEqual(stored.storeHost, hostBytes("10.0.0.1", 10911));
  assert.deepEqual([stored.magic, stored.storeTimestamp, storeTimestamp], [
    MAGIC.v1,
    1_700_000_001_234,
    1_700_000_001_234,
  ]);
  assert.deepEqual([stored.queueOffset, queueOffset], [0, 0]);
});

Deno.test("WriteTurn sets the address family bits itself", async () => {
  const v6 = hostBytes("2001:db8::1", 1);
  for (const [storeHost, bits] of [[v6, 0x30], [hostBytes("1.2.3.4", 1), 0x10]] as const) {
    await using it = await open({ storeHost });
    const { physicalOffset } = await put(it.store, { bornHost: v6 });
    const stored = messageAt(it.store, physicalOffset);
    assert.deepEqual([stored.sysFlag, stored.bornHost, stored.storeHost], [bits, v6, storeHost]);
  }
});

Deno.test("WriteTurn writes a long retry topic as version 2", async () => {
  await using it = await open();
  const topics = [`%RETRY%${"g".repeat(248)}`, `%RETRY%${"組".repeat(80)}`];
  for (const topic of topics) {
    const { physicalOffset } = await put(it.store, { topic });
    const stored = messageAt(it.store, physicalOffset);
    assert.deepEqual([stored.magic, stored.topic], [MAGIC.v2, topic]);
    assert.deepEqual(it.store.queueRange(topic, 0), { min: 0, max: 1 });
  }
});

Deno.test("WriteTurn: store times never go back, though the clock does", async () => {
  const times = [1000, 2000, 1500, 2500];
  let at = 0;
  await using it = await open({ now: () => times[at]! });
  const stored: number[] = [];
  for (at = 0; at < times.length; at++) stored.push((await put(it.store)).storeTimestamp);
  assert.deepEqual(stored, [1000, 2000, 2000, 2500]);
});

Deno.test("WriteTurn: prepared and rolled back messages take no index of their queue", async () => {
  await using it = await open();
  const offsets: number[] = [];
  for (const sysFlag of [0, 0x4, 0xc, 0x8, 0]) {
    const { queueOffset, physicalOffset } = await put(it.store, { sysFlag });
    offsets.push(queueOffset);
    assert.equal(messageAt(it.store, physicalOffset).queueOffset, queueOffset);
  }
  assert.deepEqual(offsets, [0, 0, 0, 1, 2]);
  assert.deepEqual(it.store.queueRange("TopicTest", 0), { min: 0, max: 3 });
});

Deno.test("WriteTurn rolls to the next file in the middle of a turn", async () => {
  await using it = await open({ segmentBytes: 1000 });
  const answers = await Promise.all(Array.from({ length: 40 }, () => put(it.store)));
  assert.deepEqual(answers.map(({ queueOffset }) => queueOffset), answers.map((_, at) => at));
  const items = scanItems(it.fs, LOG);
  assert.deepEqual(
    items.filter(({ kind }) => kind === "message").map(({ at }) => at),
    answers.map(({ physicalOffset }) => physicalOffset),
  );
  assert.deepEqual(items.filter(({ kind }) => kind === "damage"), []);
  assert.equal(items.filter(({ kind }) => kind === "blank").length, 4);
});

Deno.test("WriteTurn writes before too much is staged, in the order of the puts", async () => {
  await using it = await open({ segmentBytes: 64 * 1024 * 1024 });
  const body = "x".repeat(1_500_000);
  const order: number[] = [];
  const answers = Array.from({ length: 9 }, (_, number) => {
    return put(it.store, { body }).then((result) => {
      order.push(number);
      return result;
    });
  });
  const offsets = (await Promise.all(answers)).map(({ queueOffset }) => queueOffset);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(offsets, order);
  assert.equal(it.writes(), 5);
});

Deno.test("WriteTurn: a message may fill a file up to the filler's room; a larger one is refused", async () => {
  await using it = await open({ segmentBytes: 1000 });
  const beside = 91 + "TopicTest".length + 8;
  const fits = await put(it.store, { body: "x".repeat(1000 - beside) });
  assert.deepEqual([fits.status, fits.physicalOffset], ["PUT_OK", 0]);
  const refused = await put(it.store, { body: "x".repeat(1001 - beside) });
  assert.deepEqual([refused.status, refused.stored, refused.physicalOffset], [
    "MESSAGE_ILLEGAL",
    false,
    -1,
  ]);
  assert.equal(refused.reason, "Cannot append message: 993 bytes do not fit a file of 1000");
  assert.equal((await put(it.store)).physicalOffset, 1000);
});

/** Wishes that are refused, and how. */
const REFUSALS: readonly (readonly [string, DraftWish, string, RegExp])[] = [
  ["a body over the limit", { body: "x".repeat(1001) }, "MESSAGE_ILLEGAL", /body is 1001 bytes/],
  ["no topic", { topic: "" }, "MESSAGE_ILLEGAL", /"" is no topic name/],
  ["a topic that leads elsewhere", { topic: "../x" }, "MESSAGE_ILLEGAL", /is no topic name/],
  ["a topic over 127 bytes", { topic: "t".repeat(128) }, "MESSAGE_ILLEGAL", /topic is 128 bytes/],
  ["a wide topic over 127 bytes", { topic: "組".repeat(43) }, "MESSAGE_ILLEGAL", /129 bytes/],
  [
    "a retry topic over 255 bytes",
    { topic: `%RETRY%${"組".repeat(83)}` },
    "MESSAGE_ILLEGAL",
    /topic is 256 bytes, limit is 255/,
  ],
  [
    "properties over 32767 bytes",
    { properties: keys("k".repeat(32_767)) },
    "PROPERTIES_SIZE_EXCEEDED",
    /properties are 32773 bytes, limit is 32767/,
  ],
];

for (const [what, wish, expected, reason] of REFUSALS) {
  Deno.test(`WriteTurn refuses ${what}, later and with a reason`, async () => {
    await using it = await open({ bodyBytesMax: 1000 });
    let answered = false;
    const answer = new Promise<PutResult>((resolve) => {
      it.store.put(draftOf(wish), (result) => {
        answered = true;
        resolve(result);
      });
    });
    assert.equal(answered, false);
    const result = await answer;
    assert.deepEqual([result.status, result.stored], [expected, false]);
    assert.match(result.reason!, reason);
    assert.deepEqual(it.store.topics(), []);
    assert.equal((await put(it.store)).queueOffset, 0);
  });
}

Deno.test("WriteTurn takes a body and properties of exactly the limits", async () => {
  await using it = await open({ bodyBytesMax: 1000 });
  const properties = keys("k".repeat(32_767 - "KEYS".length - 2));
  assert.equal((await put(it.store, { body: "x".repeat(1000), properties })).status, "PUT_OK");
});

const elements = (count: number, bytes = 4, properties = "") =>
  Array.from({ length: count }, (_, flag) => {
    return { flag, body: new Uint8Array(bytes).fill(flag + 1), properties };
  });

Deno.test("WriteTurn.putBatch() stores consecutive records with one answer", async () => {
  await using it = await open();
  await put(it.store);
  const own = keys("own");
  const wish = { properties: "A\u0001b\u0002", reconsumeTimes: 1 };
  const result = await putBatch(it.store, wish, elements(3, 10, own));
  assert.deepEqual([result.status, result.queueOffset, result.physicalOffsets.length], [
    "PUT_OK",
    1,
    3,
  ]);
  result.physicalOffsets.forEach((at, number) => {
    const stored = messageAt(it.store, at);
    assert.deepEqual([stored.queueOffset, stored.flag], [number + 1, number]);
    assert.equal(stored.properties, `${own}A\u0001b\u0002`);
    assert.deepEqual(stored.body, new Uint8Array(10).fill(number + 1));
    assert.equal(stored.storeTimestamp, result.storeTimestamp);
  });
  assert.equal((await put(it.store)).queueOffset, 4);
});

Deno.test("WriteTurn.putBatch() joins properties as Java does, with or without the last end", async () => {
  await using it = await open();
  const cases = [
    ["", "A\u0001b", "A\u0001b"],
    ["X\u0001y", "", "X\u0001y"],
    ["X\u0001y", "A\u0001b\u0002", "X\u0001y\u0002A\u0001b\u0002"],
    ["X\u0001y\u0002", "A\u0001b\u0002", "X\u0001y\u0002A\u0001b\u0002"],
  ] as const;
  for (const [own, shared, expected] of cases) {
    const result = await putBatch(it.store, { properties: shared }, elements(1, 1, own));
    assert.equal(messageAt(it.store, result.physicalOffset).properties, expected);
  }
});

Deno.test("WriteTurn.putBatch() moves a batch whole to the next file, or refuses it whole", async () => {
  await using it = await open({ segmentBytes: 1000 });
  await put(it.store, { body: "x".repeat(500) });
  const moved = await putBatch(it.store, {}, elements(4));
  assert.equal(moved.physicalOffset, 1000);
  const refused = await putBatch(it.store, {}, elements(10));
  assert.deepEqual([refused.status, refused.physicalOffsets], ["MESSAGE_ILLEGAL", []]);
  assert.match(refused.reason!, /1040 bytes do not fit a file of 1000/);
  assert.deepEqual(it.store.queueRange("TopicTest", 0), { min: 0, max: 5 });
});

Deno.test("WriteTurn.putBatch() refuses an empty batch and too many bytes; any number is no trouble", async () => {
  await using it = await open({ bodyBytesMax: 1000, segmentBytes: 64 * 1024 * 1024 });
  assert.match((await putBatch(it.store, {}, [])).reason!, /the batch is empty/);
  assert.match((await putBatch(it.store, {}, elements(2, 501))).reason!, /body is 1002 bytes/);
  const many = await putBatch(it.store, {}, elements(200_000, 0));
  assert.deepEqual([many.status, many.physicalOffsets.length], ["PUT_OK", 200_000]);
  assert.equal(it.store.queueRange("TopicTest", 0)!.max, 200_000);
});

Deno.test("WriteTurn tells of every record in order, when it can be read", async () => {
  const told: string[] = [];
  await using it: Opened = await open({
    onArrival: ({ topic, queueId, queueOffset, physicalOffset }: DispatchRequest) => {
      assert.equal(it.store.queueRange(topic, queueId)!.max, queueOffset + 1);
      assert(it.store.recordAt(physicalOffset) !== undefined);
      told.push(`${topic}/${queueId}/${queueOffset}`);
    },
  });
  const { store } = it;
  await Promise.all([put(store), put(store, { queueId: 1 }), putBatch(store, {}, elements(2))]);
  assert.deepEqual(told, [
    "TopicTest/0/0",
    "TopicTest/1/0",
    "TopicTest/0/1",
    "TopicTest/0/2",
  ]);
});

Deno.test("WriteTurn: who is told of a record may read, and must not put", async () => {
  const caught: string[] = [];
  await using it: Opened = await open({
    onArrival: () => {
      it.store.get({ topic: "TopicTest", queueId: 0, queueOffset: 0, countMax: 1 });
      try {
        it.store.put(draftOf(), () => {});
      } catch (error) {
        caught.push((error as Error).message);
      }
    },
  });
  await put(it.store);
  assert.deepEqual(caught, ["a put from within an arrival listener"]);
});

Deno.test("WriteTurn: a put from an answer is of the next turn", async () => {
  await using it = await open();
  const second = await new Promise<PutResult>((resolve) => {
    it.store.put(draftOf(), () => it.store.put(draftOf(), resolve));
  });
  assert.deepEqual([second.queueOffset, it.writes()], [1, 2]);
});

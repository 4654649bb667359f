import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import net from "node:net";
import { readTruth, storeInMemory, type Truth } from "../fixture.ts";
import { askedOf, probe, read, recordsIn } from "./probe.ts";
import { CODES } from "./remoting_call.ts";

const STORE = "4.9.7-b-kill-start-101";
/** A queue of it, with two messages. */
const QUEUE = { topic: "T_plain", queueId: 1 };
const LATER = Number.MAX_SAFE_INTEGER;

/** The records of a recorded store, in the order of its log. */
function recordsOf(truth: Truth): Buffer[] {
  const log = storeInMemory(STORE).snapshot().get("store/commitlog/00000000000000000000")!;
  return truth.log.map(({ commitLogOffset, storeSize }) => {
    return Buffer.from(log.subarray(commitLogOffset, commitLogOffset + storeSize));
  });
}

Deno.test("recordsIn() cuts a body where records say, and loses no byte of what is none", () => {
  const records = recordsOf(readTruth(STORE));
  assert.equal(records.length, 5);
  assert.deepEqual(recordsIn(Buffer.concat(records)), records);
  const cut = Buffer.concat(records).subarray(0, -1);
  assert.deepEqual(recordsIn(cut).map((it) => it.length), [
    ...records.slice(0, -1).map((it) => it.length),
    records.at(-1)!.length - 1,
  ]);
  assert.deepEqual(recordsIn(Buffer.alloc(200)).map((it) => it.length), [200]);
  assert.deepEqual(recordsIn(Buffer.alloc(0)), []);
});

Deno.test("read() takes a record of another queue, of a broken start or body for none", () => {
  const truth = readTruth(STORE);
  for (const [nth, record] of recordsOf(truth).entries()) {
    const { topic, queueId, queueOffset, storeTimestamp, commitLogOffset } = truth.log[nth]!;
    const queue = { topic, queueId };
    assert.deepEqual(read(record, queue), {
      storeTimestamp,
      physicalOffset: commitLogOffset,
      ownOffset: queueOffset,
      isSound: true,
    });
    assert.equal(read(record, { topic, queueId: queueId + 1 }).isSound, false);
    assert.equal(read(record, { topic: `${topic}s`, queueId }).isSound, false);
    for (const at of [0, 3, 4, 8, 84, 88]) {
      const flipped = Buffer.from(record);
      flipped[at]! ^= 1;
      assert.equal(read(flipped, queue).isSound, false, `byte ${at}`);
    }
    for (const length of [0, 90, record.length - 1]) {
      assert.equal(read(record.subarray(0, length), queue).isSound, false, `${length} bytes`);
    }
  }
});

interface Call {
  readonly code: number;
  readonly extFields: Readonly<Record<string, string>>;
}

interface Reply {
  readonly code?: number;
  readonly extFields?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** A broker of one answer for each request. */
async function answering(reply: (call: Call) => Reply): Promise<net.Server> {
  const server = net.createServer((socket) =>
    socket.once("data", (bytes) => {
      const header = bytes.toString("utf8", 8, 8 + (bytes.readInt32BE(4) & 0xffffff));
      const { code = 0, extFields = {}, body = Buffer.alloc(0) } = reply(JSON.parse(header));
      const head = Buffer.from(JSON.stringify({ code, extFields, flag: 1, opaque: 1 }));
      const lengths = Buffer.alloc(8);
      lengths.writeInt32BE(4 + head.length + body.length, 0);
      lengths.writeInt32BE(head.length, 4);
      socket.end(Buffer.concat([lengths, head, body]));
    })
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Probes a broker whose queue leads to some records, and that finds some by any key. */
async function probed(
  units: readonly Buffer[],
  { since = LATER, found = [] }: {
    readonly since?: number;
    readonly found?: readonly Buffer[];
  } = {},
) {
  const asked = askedOf(readTruth(STORE));
  assert.equal(asked.messages.size, 5);
  const server = await answering(({ code, extFields }) => {
    if (code === CODES.GET_MIN_OFFSET) return { extFields: { offset: "0" } };
    if (code === CODES.GET_MAX_OFFSET) return { extFields: { offset: String(units.length) } };
    if (code === CODES.QUERY_MESSAGE) return { body: Buffer.concat(found) };
    const index = Number(extFields["queueOffset"]);
    const body = units[index]!;
    const next = String(index + 1);
    return body.length === 0
      ? { code: 19, extFields: { nextBeginOffset: String(index) } }
      : { body, extFields: { nextBeginOffset: next } };
  });
  const { port } = server.address() as net.AddressInfo;
  try {
    return await probe(`127.0.0.1:${port}`, { ...asked, queues: [QUEUE] }, since);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The two records of the queue. */
function queueRecords(): [Buffer, Buffer] {
  const truth = readTruth(STORE);
  const { queueId } = QUEUE;
  const [first, second] = recordsOf(truth).filter((_, nth) => truth.log[nth]!.queueId === queueId);
  return [first!, second!];
}

Deno.test("probe() tells what is right from what is twice, elsewhere and wrong", async () => {
  const [first, second] = queueRecords();
  const whole = { messages: 1, sound: 1, misplaced: 0, repeated: 0, wrong: 0 };
  const withoutKeys = async (units: readonly Buffer[], since?: number) => {
    const { keys: _, ...served } = await probed(units, since === undefined ? {} : { since });
    return served;
  };
  assert.deepEqual(await withoutKeys([first]), whole);
  assert.deepEqual(await withoutKeys([first, first]), { ...whole, repeated: 1 });
  const flipped = Buffer.from(first);
  flipped[88]! ^= 1;
  assert.deepEqual(await withoutKeys([flipped]), { ...whole, messages: 0, sound: 0, wrong: 1 });
  assert.deepEqual(await withoutKeys([flipped], 0), { ...whole, messages: 0, sound: 0 });
  assert.deepEqual(await withoutKeys([second, first]), {
    ...whole,
    messages: 2,
    sound: 2,
    misplaced: 2,
  });
});

Deno.test("probe() stops where a consumer would ask the same for ever", async () => {
  const [first] = queueRecords();
  const served = await probed([first, Buffer.alloc(0), first]);
  assert.equal(served.messages, 1);
  assert.equal(served.repeated, 0);
});

Deno.test("probe() counts a key only where all its messages are found", async () => {
  const records = recordsOf(readTruth(STORE));
  assert.equal((await probed([], { found: records })).keys, 9);
  // Two keys lead to the first record only, and one to another, too.
  assert.equal((await probed([], { found: records.slice(0, 1) })).keys, 2);
  assert.equal((await probed([])).keys, 0);
});

Deno.test("askedOf() knows records by their digests", () => {
  const truth = readTruth(STORE);
  const { messages } = askedOf(truth);
  for (const record of recordsOf(truth)) {
    assert(messages.has(createHash("sha256").update(record).digest("hex")));
  }
});

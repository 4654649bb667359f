import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { openStore, put, putBatch } from "../testdata/open_store.ts";
import { messagesOf, reput } from "../testdata/reput.ts";
import { recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { readWholeFile } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { readMessage } from "./message.ts";
import { formatProperties, propertyOf } from "./properties.ts";
import { sealFlaw, sealRecord, sealState, withCrcPlace } from "./property_crc.ts";
import { RecordView } from "./record_view.ts";

const JAVA = "5.5.0-e-crc-202";
const PLACE = "__CRC32#\u00010000000000\u0002";

Deno.test("a store whose records carry their CRC, put again, has Java's bytes", async () => {
  const java = storeInMemory(JAVA);
  const messages = messagesOf(java);
  assert.equal(messages.length, readTruth(JAVA).log.length);
  const fs = new MemoryFiles();
  const store = await reput(messages, { fs, added: ["__CRC32#"], propertyCrc: true });
  await store[Symbol.asyncDispose]();
  let compared = 0;
  for (const [path, bytes] of java.snapshot()) {
    if (!/^store\/(commitlog|consumequeue)\//.test(path)) continue;
    assert.deepEqual(readWholeFile(fs, path), bytes, path);
    compared++;
  }
  assert(compared > 5);
});

Deno.test("withCrcPlace() puts the place last, behind a closed pair, and takes an older one away", () => {
  assert.equal(withCrcPlace(""), PLACE);
  assert.equal(withCrcPlace("A\u00011"), `A\u00011\u0002${PLACE}`);
  assert.equal(withCrcPlace("A\u00011\u0002"), `A\u00011\u0002${PLACE}`);
  const sent = "__CRC32#\u00017\u0002A\u00011\u0002";
  assert.equal(withCrcPlace(sent), `A\u00011\u0002${PLACE}`);
});

Deno.test("sealRecord() writes ten digits, the last one first, and nothing beside them", () => {
  const prefix = new TextEncoder().encode("....record");
  const bytes = new Uint8Array(prefix.length + PLACE.length + 3);
  bytes.set(prefix);
  bytes.set(new TextEncoder().encode(PLACE), prefix.length);
  sealRecord(bytes, { at: 4, size: prefix.length - 4 + PLACE.length });
  // CRC-32 of "record" without the highest bit.
  const text = new TextDecoder().decode(bytes);
  const [before, after] = ["....record__CRC32#\u0001", "\u0002\0\0\0"];
  assert(text.startsWith(before) && text.endsWith(after));
  const digits = text.slice(before.length, -after.length);
  assert.match(digits, /^\d{10}$/);
  const crc = Number([...digits].reverse().join(""));
  let expected = -1;
  for (const byte of new TextEncoder().encode("record")) {
    expected ^= byte;
    for (let bit = 0; bit < 8; bit++) expected = (expected >>> 1) ^ (expected & 1 ? 0xedb88320 : 0);
  }
  assert.equal(crc, ~expected & 0x7fffffff);
});

Deno.test("every record of a batch carries a CRC of its own", async () => {
  await using store = await openStore(undefined, { propertyCrc: true });
  const body = new TextEncoder().encode("x");
  const elements = [1, 2].map((flag) => ({ flag, body, properties: "" }));
  const { physicalOffsets } = await putBatch(store, {}, elements);
  const crcs = physicalOffsets.map((at) => {
    const bytes = store.recordAt(at)!;
    const { properties } = readMessage(new DataView(bytes.buffer, bytes.byteOffset), 0);
    return propertyOf(properties, "__CRC32#");
  });
  assert(crcs.every((crc) => /^\d{10}$/.test(crc ?? "")));
  assert.notEqual(crcs[0], crcs[1]);
});

Deno.test("the CRC counts against the limit of properties", async () => {
  await using store = await openStore(undefined, { propertyCrc: true });
  const wish = (length: number) => ({
    properties: formatProperties([["K", "x".repeat(length - "K\u0001\u0002".length)]]),
  });
  assert.equal((await put(store, wish(32_767 - 20))).status, "PUT_OK");
  assert.equal((await put(store, wish(32_767 - 19))).status, "PROPERTIES_SIZE_EXCEEDED");
});

function viewOf(bytes: Uint8Array): RecordView {
  const record = new RecordView();
  record.attach(bytes);
  assert.equal(record.load(0, bytes.length), undefined);
  return record;
}

Deno.test("sealState() sees every flipped bit that leaves a record its frame", () => {
  const sound = recordBytes(sampleMessage({ properties: withCrcPlace("a\u0001b\u0002") }));
  assert.equal(sealState(viewOf(sound)), "right");
  let framed = 0;
  for (let bit = 0; bit < sound.length * 8; bit++) {
    const bytes = sound.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    const record = new RecordView();
    record.attach(bytes);
    if (record.load(0, bytes.length) !== undefined) continue;
    framed++;
    assert.equal(sealState(record), "wrong", `bit ${bit}`);
  }
  assert(framed > sound.length * 8 * 0.7, `${framed} flips leave the frame sound`);
});

Deno.test("sealState() takes a record for unsealed where there is no seal, or hardly one", () => {
  for (const properties of ["", "a\u0001b\u0002", "x".repeat(40), `${PLACE}a\u0001b\u0002`]) {
    const bytes = recordBytes(sampleMessage({ properties }));
    assert.equal(sealState(viewOf(bytes)), "absent", JSON.stringify(properties));
  }
  const torn = recordBytes(sampleMessage({ properties: withCrcPlace("a\u0001b\u0002") }));
  torn.fill(0, torn.length - 10);
  assert.equal(sealState(viewOf(torn)), "wrong", "all but the name is gone");
  torn.fill(0, torn.length - 20);
  assert.equal(sealState(viewOf(torn)), "absent");
});

Deno.test("sealFlaw() tells what the seal must be, and what stands there", () => {
  const bytes = recordBytes(sampleMessage({ properties: withCrcPlace("") }));
  const right = new TextDecoder().decode(bytes.subarray(-20));
  bytes[bytes.length - 5] = 0x41;
  const { code, expected, found } = sealFlaw(viewOf(bytes));
  assert.equal(code, "property-crc");
  assert.equal(JSON.parse(expected), right);
  assert.equal(JSON.parse(found), `${right.slice(0, -5)}A${right.slice(-4)}`);
});

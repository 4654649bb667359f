import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { openStore, put, putBatch } from "../testdata/open_store.ts";
import { messagesOf, reput } from "../testdata/reput.ts";
import { readWholeFile } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { readMessage } from "./message.ts";
import { formatProperties, propertyOf } from "./properties.ts";
import { sealRecord, withCrcPlace } from "./property_crc.ts";

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

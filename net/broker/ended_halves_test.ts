import assert from "node:assert/strict";
import { openStore, put } from "../../testdata/open_store.ts";
import { propertiesOf } from "../../testdata/message_path.ts";
import { EndedHalves } from "./ended_halves.ts";

const OP = "RMQ_SYS_TRANS_OP_HALF_TOPIC";

/** A store with op messages of these bodies. */
async function storeOf(...bodies: string[]) {
  const store = await openStore();
  for (const body of bodies) {
    await put(store, { topic: OP, body, properties: propertiesOf({ TAGS: "d" }) });
  }
  return store;
}

Deno.test("EndedHalves.read() reads op messages of 4.x and 5.x to their end", async () => {
  await using store = await storeOf("3", "5,6,", "4", "8,");
  const ended = await EndedHalves.read(store, { opOffset: 0, halfOffset: 4 });
  const known = [2, 3, 4, 5, 6, 7, 8].filter((offset) => ended.has(offset));
  assert.deepEqual(known, [3, 4, 5, 6, 8]);
});

Deno.test("EndedHalves.read() reads more than one read brings, and from where it is told", async () => {
  const bodies = Array.from({ length: 300 }, (_, offset) => String(offset));
  await using store = await storeOf(...bodies);
  const ended = await EndedHalves.read(store, { opOffset: 100, halfOffset: 0 });
  assert.deepEqual([ended.has(99), ended.has(100), ended.has(299)], [false, true, true]);
  assert.equal(ended.position, 100);
});

Deno.test("EndedHalves.position is the first op message that still tells something", async () => {
  // The second op message is about what was passed long ago.
  await using store = await storeOf("5", "1", "6,8,", "7", "6");
  const ended = await EndedHalves.read(store, { opOffset: 0, halfOffset: 5 });
  assert.equal(ended.position, 0);
  assert(ended.pass(5));
  assert.equal(ended.position, 2);
  assert(ended.pass(6));
  assert(!ended.pass(6));
  assert(ended.pass(7));
  assert.equal(ended.position, 2);
  assert(ended.pass(8));
  assert.equal(ended.position, 5);
});

Deno.test("EndedHalves.pass() of a half message that is open changes nothing", async () => {
  await using store = await storeOf("5");
  const ended = await EndedHalves.read(store, { opOffset: 0, halfOffset: 4 });
  assert(!ended.pass(4));
  assert(ended.has(5));
});

Deno.test("EndedHalves.read() passes over op messages that say nothing", async () => {
  await using store = await storeOf("x", "");
  await put(store, { topic: OP, body: "1", properties: propertiesOf({ TAGS: "r" }) });
  const ended = await EndedHalves.read(store, { opOffset: 0, halfOffset: 0 });
  assert(!ended.has(1));
  assert.equal(ended.position, 3);
});

Deno.test("EndedHalves.read() finds nothing where there is no op queue, or none so long", async () => {
  await using empty = await openStore();
  const none = await EndedHalves.read(empty, { opOffset: 0, halfOffset: 0 });
  assert.equal(none.position, 0);
  await using store = await storeOf("1");
  const behind = await EndedHalves.read(store, { opOffset: 9, halfOffset: 0 });
  assert.deepEqual([behind.has(1), behind.position], [false, 9]);
});

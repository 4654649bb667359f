/**
 * One flipped bit at a time in a store of 200 messages, every kind of file: it costs one message at
 * most, and `mq verify` tells of it wherever the format has any redundancy.
 * `deno task torture --flips` flips every bit and prints the rates.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { BitFlips } from "../testdata/bit_flips.ts";
import { between, randomOf } from "../testdata/random.ts";
import { i64 } from "./layout.ts";
import { RecordView } from "./record_view.ts";

const SEED = Number(process.env.SEED ?? 20_261_121);
/** One of so many bytes is flipped, in one random bit. */
const STRIDE = 41;

/** The least part of the flips that verification tells of; unused room is not among them. */
const SEEN_MIN = { commitlog: 0.75, consumequeue: 0.8, index: 0.6 };
const SEEN_SEALED_MIN = { ...SEEN_MIN, commitlog: 0.95 };

for (const isSealed of [false, true]) {
  const records = isSealed ? "records with a checksum" : "plain records";
  Deno.test(`one flipped bit costs at most one message: ${records} (seed ${SEED})`, async () => {
    const flips = await BitFlips.make(isSealed);
    const random = randomOf(SEED);
    for (const { path, length } of flips.files) {
      for (let at = between(random, 0, STRIDE - 1); at < length; at += STRIDE) {
        const lost = await flips.flip(path, at, between(random, 0, 7));
        assert(lost <= 1, `byte ${at} of "${path}" costs ${lost} messages`);
      }
    }
    const table = flips.table().join("\n");
    if (isSealed) assert.equal(flips.counts.get("commitlog")!.altered, 0, table);
    for (const [kind, least] of Object.entries(isSealed ? SEEN_SEALED_MIN : SEEN_MIN)) {
      const { seen, flips: count } = flips.counts.get(kind)!;
      assert(seen / count >= least, `${kind}: ${seen} of ${count} flips were seen\n${table}`);
    }
  });
}

Deno.test("a flipped queue id or index costs at most one message, whichever bit it is", async () => {
  const flips = await BitFlips.make(false);
  for (const { path, at } of flips.queuePlaces(33)) {
    for (let bit = 0; bit < 8; bit++) {
      const lost = await flips.flip(path, at, bit);
      assert(lost <= 1, `bit ${bit} of byte ${at} of "${path}" costs ${lost} messages`);
    }
  }
});

Deno.test("a flipped store time costs no message, and the index goes on whatever the year", async () => {
  const flips = await BitFlips.make(false);
  const { path } = flips.files.find(({ path }) => path.includes("/commitlog/"))!;
  const view = new RecordView();
  view.attach(flips.records.get("0/0")!);
  assert.equal(view.load(0, view.bytes.length), undefined);
  for (let at = view.storeTimestampAt; at < view.storeTimestampAt + i64.width; at++) {
    for (let bit = 0; bit < 8; bit++) {
      assert.equal(await flips.flip(path, at, bit), 0, `bit ${bit} of byte ${at} of "${path}"`);
    }
  }
});

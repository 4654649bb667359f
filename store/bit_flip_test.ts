/**
 * One flipped bit at a time in a store of 200 messages, every kind of file: it costs one message at
 * most, two where it moves a message into another's place, and `mq verify` tells of it wherever the format has any redundancy. `deno task torture --flips`
 * flips every bit and prints the rates.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { BitFlips } from "../testdata/bit_flips.ts";
import { between, randomOf } from "../testdata/random.ts";

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
        // A message that went over to another queue may stand where that one's own should.
        const lostMax = lost > 1 && flips.isQueueId(path, at) ? 2 : 1;
        assert(lost <= lostMax, `byte ${at} of "${path}" costs ${lost} messages`);
      }
    }
    const table = flips.table().join("\n");
    for (const [kind, least] of Object.entries(isSealed ? SEEN_SEALED_MIN : SEEN_MIN)) {
      const { seen, flips: count } = flips.counts.get(kind)!;
      assert(seen / count >= least, `${kind}: ${seen} of ${count} flips were seen\n${table}`);
    }
  });
}

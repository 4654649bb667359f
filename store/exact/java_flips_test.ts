/**
 * One flipped bit at a time where a broker of Java starts on the store. The losses of the table were
 * seen at real brokers of 4.9.7 and 5.5.0 that were started on the very bytes; `deno task interop
 * --only flips` does that for others, `deno task torture --flips` sums up all.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BitFlips } from "../../testdata/bit_flips.ts";
import { JavaFlips } from "../../testdata/java_flips.ts";
import type { JavaRelease } from "./java_release.ts";

const LOG = "store/commitlog/000000000000000";
const QUEUE = "store/consumequeue/TopicTest";
const NAME = "00000000000000000";

/** Release, file, byte, bit, and how many of 200 messages a real broker lost. */
const SEEN: readonly (readonly [JavaRelease, string, number, number, number])[] = [
  ["4.9", `${LOG}00000`, 7426, 4, 0],
  ["4.9", `${LOG}00000`, 1853, 2, 0],
  ["4.9", `${LOG}16384`, 2993, 5, 86],
  ["4.9", `${LOG}16384`, 11946, 0, 33],
  ["4.9", `${QUEUE}/3/${NAME}600`, 347, 3, 1],
  ["4.9", `${QUEUE}/3/${NAME}000`, 310, 7, 1],
  ["4.9", `${QUEUE}/3/${NAME}600`, 8, 5, 1],
  ["4.9", `${QUEUE}/0/${NAME}600`, 437, 0, 0],
  ["5.x", `${LOG}16384`, 14820, 3, 16],
  ["5.x", `${LOG}16384`, 12631, 3, 29],
  ["5.x", `${LOG}00000`, 7293, 3, 157],
  ["5.x", `${LOG}00000`, 8488, 2, 150],
  ["5.x", `${LOG}16384`, 8933, 7, 0],
  ["5.x", `${QUEUE}/1/${NAME}000`, 361, 0, 1],
  ["5.x", `${QUEUE}/0/${NAME}000`, 94, 7, 0],
  ["5.x", `${QUEUE}/2/${NAME}600`, 240, 2, 8],
  ["5.x", "store/index/20231114221321050", 871, 1, 0],
  ["5.x", "store/checkpoint", 24, 2, 0],
];

Deno.test("a flipped bit costs Java as many messages as real brokers lost", async () => {
  const flips = await BitFlips.make(false);
  const java = new JavaFlips(flips);
  for (const [release, path, at, bit, lost] of SEEN) {
    const places = await java.lostBy(release, java.store(path, at, bit));
    assert.equal(places.length, lost, `${release}: bit ${bit} of byte ${at} of "${path}"`);
  }
});

Deno.test("Java loses nothing of the store when no bit is flipped", async () => {
  const flips = await BitFlips.make(false);
  const java = new JavaFlips(flips);
  const { length } = flips.files.find(({ path }) => path === `${LOG}32768`)!;
  // The last byte of the last file is room nobody has used.
  const costs = await java.flip(`${LOG}32768`, length - 1, 0);
  assert.deepEqual([...costs], [["4.9", []], ["5.x", []]]);
});

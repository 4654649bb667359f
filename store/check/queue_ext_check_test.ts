import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { brief, foundIn, verified } from "../../testdata/verified.ts";
import { QUEUE_EXT_UNIT } from "../format.ts";
import { LogLookup } from "../log_lookup.ts";
import type { Finding } from "./findings.ts";
import { checkQueueExt, listQueueExt, mayHaveExt } from "./queue_ext_check.ts";
import { QueuePlace } from "./queue_place.ts";
import { readStoreState } from "./store_state.ts";
import { Tally } from "./summary.ts";

const STORE = "5.5.0-e-cqext-102";
const FIRST = "00000000000000000000";
const QUEUE = `consumequeue/T_tags/1/${FIRST}`;
const EXT = `consumequeue_ext/T_tags/1/${FIRST}`;
const PATH = `store/${EXT}`;

/** Where the units of the extension file stand. */
function unitPositions(): number[] {
  const view = new DataView(storeInMemory(STORE).snapshot().get(PATH)!.buffer);
  const positions: number[] = [];
  for (let at = 0; view.getInt16(at) > 0; at += view.getInt16(at)) positions.push(at);
  return positions;
}

Deno.test("checkQueueExt() finds nothing in what Java wrote and counts the files as checked", () => {
  const files = storeInMemory(STORE);
  const state = readStoreState(files, "store");
  const tally = new Tally();
  const findings: Finding[] = [];
  const lookup = new LogLookup(files, state.log);
  const context = { state, lookup, tally, sink: (it: Finding) => void findings.push(it) };
  for (const { topic, queueId } of state.queues.queues) {
    const place = new QueuePlace(context, { kind: "simple", topic, queueId });
    assert.equal(mayHaveExt(place), listQueueExt(place).segments.length > 0, topic);
    checkQueueExt(place, listQueueExt(place));
  }
  assert.deepEqual(findings, []);
  assert.equal(tally.bytes.checked, 10 * 4096);
});

Deno.test("checkQueueExt() gives up a file from the first place where no unit stands", async () => {
  const [, , third] = unitPositions();
  const files = storeInMemory(STORE);
  files.flip(PATH, third! + QUEUE_EXT_UNIT.at.size + 1);
  const { findings } = await verified(files);
  assert.deepEqual(findings.map(brief).toSorted(), [
    `warning queue-ext-bad-unit ${EXT} ${third}+${4096 - third!}`,
    // Those behind it are found all the same: by their addresses.
    `warning queue-ext-dangling ${QUEUE} 40+20`,
  ]);
});

Deno.test("A unit whose extension says another tag is a unit with a wrong tag", async () => {
  const [, second] = unitPositions();
  const files = storeInMemory(STORE);
  files.flip(PATH, second! + QUEUE_EXT_UNIT.at.tagsCode + 7);
  assert.deepEqual(await foundIn(files), [`error queue-tags-mismatch ${QUEUE} 20+20`]);
});

Deno.test("A unit whose extension file is gone is still a unit", async () => {
  const files = storeInMemory(STORE);
  const units = unitPositions().length;
  files.remove(PATH);
  assert.deepEqual(await foundIn(files), [
    `warning queue-ext-dangling ${QUEUE} 0+${units * 20}`,
  ]);
});

Deno.test("Extension files of no queue are counted as skipped", async () => {
  const files = storeInMemory(STORE);
  files.put(`store/consumequeue_ext/Gone/0/${FIRST}`, new Uint8Array(4096).fill(7));
  const { summary } = await verified(files);
  assert.equal(summary.files.consumequeue_ext.bytesSkipped, 4096);
});

Deno.test("Extension files of queues that were not begun are as long as they should be", async () => {
  const files = storeInMemory(STORE);
  files.remove("store/consumequeue");
  const { findings } = await verified(files);
  assert.deepEqual(findings.filter(({ code }) => code === "queue-wrong-length"), []);
});

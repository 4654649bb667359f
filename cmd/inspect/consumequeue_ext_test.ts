import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const STORE = "5.5.0-e-cqext-102";

async function rowsOf(...args: string[]) {
  const files = storeInMemory(STORE);
  const run = await record(["inspect", "cqext", "store", "-o", "json", ...args], { files });
  assert.equal(run.exitCode, 0);
  return JSON.parse(run.stdout);
}

/** A row as Java's `CqExtUnit.toString()` has it. */
function javaText(
  row: { size: number; tagsCode: string; storeTimestamp: number; bitMap: string },
): string {
  const { size, tagsCode, storeTimestamp, bitMap } = row;
  const bits = [...Buffer.from(bitMap, "hex")].map((byte) => byte << 24 >> 24);
  const filter = bits.length === 0 ? "null" : `[${bits.join(", ")}]`;
  return `CqExtUnit{size=${size}, tagsCode=${tagsCode}, msgStoreTime=${storeTimestamp}, ` +
    `bitMapSize=${bits.length}, filterBitMap=${filter}}`;
}

Deno.test("mq inspect consumequeue-ext prints the units as Java does, bit for bit", async () => {
  const rows = await rowsOf();
  let compared = 0;
  for (const queue of readTruth(STORE).queues) {
    const own = rows.filter((row: { topic: string; queueId: number }) =>
      row.topic === queue.topic && row.queueId === queue.queueId
    );
    assert.equal(own.length, queue.cq.length);
    for (const [at, [index, , , tagsCode]] of queue.cq.entries()) {
      assert.equal(Number(own[at].tagsCode), tagsCode);
      const java = queue[`ext@${index!}`];
      if (java === undefined) continue;
      compared++;
      assert.equal(javaText(own[at]), java);
    }
  }
  assert(compared > 0);
});

Deno.test("mq inspect consumequeue-ext finds by offset, time and tag, and stops at the limit", async () => {
  const all = await rowsOf("--topic", "T_tags", "--queue", "2");
  const { offset, storeTimestamp, tagsCode } = all[10];
  const only = ["--topic", "T_tags", "--queue", "2"];
  assert.deepEqual(
    await rowsOf(...only, "--from", String(offset), "--limit", "2"),
    all.slice(10, 12),
  );
  assert.deepEqual(await rowsOf(...only, "--to", String(offset)), all.slice(0, 10));
  assert.deepEqual(
    await rowsOf(...only, "--since", String(storeTimestamp)),
    all.filter((it: typeof all[number]) => it.storeTimestamp >= storeTimestamp),
  );
  assert.deepEqual(
    await rowsOf(...only, "--tag", "TagB"),
    all.filter((it: typeof all[number]) => it.tagsCode === "2598920"),
  );
  assert.equal(typeof tagsCode, "string");
});

Deno.test("mq inspect consumequeue-ext never fails on a file cut anywhere", async () => {
  const files = storeInMemory(STORE);
  const path = "store/consumequeue_ext/T_tags/2/00000000000000000000";
  for (let size = 540; size >= 0; size -= 7) {
    files.cut(path, size);
    const run = await record(["inspect", "cqext", path, "-o", "jsonl"], { files });
    // A single zero is no more than the room behind the units.
    const isWhole = size % 24 <= 1 || size > 528;
    assert.equal(run.exitCode, isWhole ? 0 : 4, `${size}: ${run.stdout}${run.stderr}`);
  }
});

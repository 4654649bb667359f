import assert from "node:assert/strict";
import { queueMinJava4, queueMinJava5 } from "../testdata/java_queue_min.ts";
import { SmallQueue } from "../testdata/small_queue.ts";
import { QUEUE_PADDING } from "./format.ts";
import { queueEnd, queueMin } from "./queue_range.ts";

Deno.test("queueEnd() is the first unit that is none", () => {
  const queue = new SmallQueue(4);
  assert.deepEqual(queueEnd(queue.reader()), { index: 0, physicalEnd: -1 });
  queue.putRecords(0, 3, 1000);
  assert.deepEqual(queueEnd(queue.reader()), { index: 3, physicalEnd: 1300 });
  queue.putRecords(3, 1, 1300);
  assert.deepEqual(queueEnd(queue.reader()), { index: 4, physicalEnd: 1400 });
  queue.put(4, { size: 0 });
  assert.deepEqual(queueEnd(queue.reader()), { index: 4, physicalEnd: 1400 });
});

Deno.test("queueEnd() looks at the last three files, as Java does, or at all", () => {
  const queue = new SmallQueue(4).putRecords(0, 18, 0).put(1, { size: 0 });
  assert.equal(queueEnd(queue.reader()).index, 18);
  assert.deepEqual(queueEnd(queue.reader(), { files: Infinity }), { index: 1, physicalEnd: 100 });
  assert.equal(queueEnd(queue.reader(), { files: 5 }).index, 1);
  assert.equal(queueEnd(queue.reader(), { files: 4 }).index, 18);
});

Deno.test("queueEnd() leaves out units behind the end of the log", () => {
  const queue = new SmallQueue(4).putRecords(0, 6, 0);
  assert.deepEqual(queueEnd(queue.reader(), { logEnd: 600 }).index, 6);
  assert.deepEqual(queueEnd(queue.reader(), { logEnd: 401 }), { index: 5, physicalEnd: 500 });
  assert.deepEqual(queueEnd(queue.reader(), { logEnd: 400 }), { index: 4, physicalEnd: 400 });
  assert.deepEqual(queueEnd(queue.reader(), { logEnd: 0 }), { index: 0, physicalEnd: -1 });
});

/** Minima by the three rules: Java 4, Java 5, ours. */
function minima(queue: SmallQueue, logMin: number): number[] {
  const reader = queue.reader();
  const start = { end: queueEnd(reader).index, logMin };
  const found = [queueMinJava4, queueMinJava5, queueMin].map((rule) => rule(reader, start));
  reader.close();
  return found;
}

Deno.test("queueMin() and Java agree where the first file has a record of the log", () => {
  const queue = new SmallQueue(4).putRecords(4, 6, 1000);
  for (let logMin = 0; logMin <= 1300; logMin += 50) {
    const index = 4 + Math.max(0, Math.ceil((logMin - 1000) / 100));
    assert.deepEqual(minima(queue, logMin), [index, index, index], `log from ${logMin}`);
  }
});

Deno.test("queueMin() goes on to the next file, where Java leaves 0", () => {
  const queue = new SmallQueue(4).putRecords(4, 6, 1000);
  assert.deepEqual(minima(queue, 1450), [0, 0, 9]);
});

Deno.test("a queue whose records are all gone: 0 in Java 4, the end in Java 5 and here", () => {
  const queue = new SmallQueue(4).putRecords(4, 6, 1000);
  assert.deepEqual(minima(queue, 1501), [0, 10, 10]);
});

Deno.test("queueMin() passes over padding, which Java takes for units of a log from 0", () => {
  const queue = new SmallQueue(4).pad(6).putRecords(6, 5, 1000);
  assert.deepEqual(minima(queue, 0), [4, 4, 6]);
  assert.deepEqual(minima(queue, 1), [6, 6, 6]);
});

Deno.test("queueMin() is not led astray by padding in the middle of a queue", () => {
  const queue = new SmallQueue(20).putRecords(0, 3, 1000);
  queue.put(3, ...new Array(9).fill(QUEUE_PADDING)).putRecords(12, 2, 2000);
  const min = (logMin: number) => minima(queue, logMin)[2];
  assert.deepEqual([900, 1000, 1100, 1200].map(min), [0, 0, 1, 2]);
  assert.deepEqual([1201, 2000, 2001, 2101].map(min), [12, 12, 13, 14]);
});

Deno.test("a queue without units starts where it ends", () => {
  assert.deepEqual(minima(new SmallQueue(4), 500), [0, 0, 0]);
  assert.deepEqual(minima(new SmallQueue(4).put(4, { size: 0 }), 500), [0, 0, 4]);
});

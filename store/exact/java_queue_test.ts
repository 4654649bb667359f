import assert from "node:assert/strict";
import { SmallQueue } from "../../testdata/small_queue.ts";
import { QUEUE_PADDING, QUEUE_UNIT } from "../format.ts";
import { readI64 } from "../layout.ts";
import { offsetName } from "../names.ts";
import { OpenFiles } from "../open_files.ts";
import { listSegments } from "../segments.ts";
import { JavaQueue, SIMPLE_UNIT } from "./java_queue.ts";
import { JAVA_RULES, type JavaRelease } from "./java_release.ts";

/** A queue of files of four units, loaded. */
function loaded(small: SmallQueue, release: JavaRelease = "5.x") {
  const deleted: string[] = [];
  const queue = new JavaQueue(new OpenFiles(small.files), {
    topic: "T",
    queueId: 0,
    directory: small.directory,
    kind: SIMPLE_UNIT,
    fileBytes: small.fileUnits * QUEUE_UNIT.size,
    rules: JAVA_RULES[release],
    onDelete: (path) => deleted.push(path),
  });
  queue.load(listSegments(small.files, small.directory).segments);
  return { queue, deleted };
}

/** Log offsets of all units that count; padding is −1. */
function units(queue: JavaQueue): number[] {
  return [...queue.units()].map(({ view, at }) => {
    const isPadding = view.getInt32(at + QUEUE_UNIT.at.size) === QUEUE_PADDING.size;
    return isPadding ? -1 : readI64(view, at);
  });
}

const unit = (index: number, physicalOffset: number) => {
  return { index, physicalOffset, size: 100, tagsCode: 0 };
};

Deno.test("JavaQueue.recover ends at the first unit that is none, and removes what follows", () => {
  const small = new SmallQueue(4).putRecords(0, 10, 0).put(5, { size: 0 });
  const { queue, deleted } = loaded(small);
  queue.recover();
  assert.deepEqual(units(queue), [0, 100, 200, 300, 400]);
  assert.equal(queue.remembered, 500);
  assert.equal(deleted.length, 1);
  const start = loaded(new SmallQueue(4).putRecords(0, 2, 0), "4.2").queue;
  start.recover();
  assert.equal(start.remembered, 100, "4.2 remembers where the last record starts");
});

Deno.test("JavaQueue.recover looks at the last three files only", () => {
  const small = new SmallQueue(4).putRecords(0, 16, 0).put(1, { size: 0 });
  const { queue, deleted } = loaded(small);
  queue.recover();
  assert.equal(units(queue).length, 16);
  assert.deepEqual(deleted, []);
});

Deno.test("JavaQueue.startAt finds no unit where a file ends in the middle of one", () => {
  const small = new SmallQueue(4).putRecords(0, 4, 0);
  small.files.rename(`${small.directory}/${offsetName(0)}`, `${small.directory}/${offsetName(1)}`);
  const { queue } = loaded(small);
  queue.recover();
  assert.equal(queue.startAt(0), -1);
  assert.equal(queue.startAt(4), -1);
});

Deno.test("JavaQueue.put appends at the end whatever the index is, and leaves out what it has", () => {
  const { queue } = loaded(new SmallQueue(4).putRecords(0, 2, 0));
  queue.recover();
  queue.put(unit(1, 100));
  queue.put(unit(5, 500));
  queue.put(unit(2, 600));
  queue.put(unit(6, 600));
  assert.deepEqual(
    units(queue),
    [0, 100, 500, 600],
    "a gap closes up; an index below the end is left out",
  );
  assert.equal(queue.startAt(2), 500);
  assert.equal(queue.startAt(4), -1);
  queue.put(unit(0, 700));
  assert.deepEqual(units(queue), [0, 100, 500, 600, 700], "index 0 is never compared");
});

Deno.test("JavaQueue.put pads the first file of a queue that begins in the middle", () => {
  const small = new SmallQueue(4);
  const { queue } = loaded(small);
  queue.put(unit(6, 900));
  assert.deepEqual(units(queue), [-1, -1, 900]);
  assert.deepEqual(small.files.list("queue"), ["00000000000000000080"]);
});

Deno.test("JavaQueue.truncate goes back file by file, and erases nothing", () => {
  const small = new SmallQueue(4).putRecords(0, 10, 0);
  const { queue, deleted } = loaded(small);
  queue.recover();
  queue.truncate(300);
  assert.deepEqual(units(queue), [0, 100, 200]);
  assert.equal(deleted.length, 2);
  const reader = small.reader();
  assert(reader.moveTo(3) && reader.physicalOffset === 300, "the unit still stands in the file");
  reader.close();
  queue.truncate(0);
  assert.deepEqual(units(queue), []);
  assert.deepEqual(small.files.list("queue"), []);
});

Deno.test("JavaQueue.truncate takes the zeros of an unused last file for a unit", () => {
  const small = new SmallQueue(4).putRecords(0, 4, 0).put(4, { size: 0 });
  const { queue } = loaded(small);
  queue.recover();
  queue.truncate(200);
  assert.deepEqual(units(queue), [0, 100, 200, 300, 0], "what should have been cut stays");
});

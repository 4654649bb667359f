import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { lightQueueFlaw, lightQueuesOf } from "./multi_dispatch.ts";
import { formatProperties } from "./properties.ts";
import { RecordView } from "./record_view.ts";
import { listSegments } from "./segments.ts";

function recordWith(properties: Readonly<Record<string, string>>): RecordView {
  const message = sampleMessage({ properties: formatProperties(Object.entries(properties)) });
  const record = new RecordView();
  record.attach(recordBytes(message));
  assert.equal(record.load(0, message.totalSize), undefined);
  return record;
}

/** `topic@offset` of every further queue. */
function queuesOf(dispatch: string, offsets: string): string[] {
  const record = recordWith({
    TAGS: "a",
    INNER_MULTI_DISPATCH: dispatch,
    INNER_MULTI_QUEUE_OFFSET: offsets,
  });
  return lightQueuesOf(record).map(({ topic, queueOffset }) => `${topic}@${queueOffset}`);
}

Deno.test("lightQueuesOf() reads names and indexes side by side", () => {
  assert.deepEqual(queuesOf("%LMQ%a,%LMQ%b", "7,0"), ["%LMQ%a@7", "%LMQ%b@0"]);
});

Deno.test("lightQueuesOf() finds nothing in a plain record", () => {
  assert.deepEqual(lightQueuesOf(recordWith({ TAGS: "a" })), []);
  // The producer's wish alone: this broker gave no index.
  assert.deepEqual(lightQueuesOf(recordWith({ INNER_MULTI_DISPATCH: "%LMQ%a" })), []);
});

Deno.test("lightQueuesOf() finds the indexes wherever they stand, and whatever is like their name", () => {
  const name = "INNER_MULTI_QUEUE_OFFSET";
  for (let length = 1; length <= 2 * name.length; length++) {
    const likeIt = name.repeat(3).slice(1, 1 + length);
    const before = { X: likeIt, INNER_MULTI_DISPATCH: "%LMQ%a", [name]: "7" };
    const behind = { [name]: "7", INNER_MULTI_DISPATCH: "%LMQ%a", X: likeIt };
    for (const properties of [before, behind]) {
      const queues = lightQueuesOf(recordWith(properties));
      assert.deepEqual(queues, [{ topic: "%LMQ%a", queueOffset: 7 }], likeIt);
    }
    const without = { X: likeIt, INNER_MULTI_DISPATCH: "%LMQ%a" };
    assert.deepEqual(lightQueuesOf(recordWith(without)), [], likeIt);
  }
});

Deno.test("lightQueuesOf() takes nothing where names and indexes do not match", () => {
  assert.deepEqual(queuesOf("%LMQ%a,%LMQ%b", "7"), []);
  assert.deepEqual(queuesOf("%LMQ%a", "7,8"), []);
});

Deno.test("lightQueuesOf() takes only indexes that are numbers", () => {
  for (const offset of ["-1", "1.5", "x", " ", "9007199254740993", "1e3", "0x10"]) {
    assert.deepEqual(queuesOf("%LMQ%a,%LMQ%b", `${offset},3`), ["%LMQ%b@3"], offset);
  }
  assert.deepEqual(queuesOf("%LMQ%a,%LMQ%b", ",3"), ["%LMQ%b@3"]);
});

Deno.test("lightQueuesOf() takes only light queues, and names that lead nowhere else", () => {
  assert.deepEqual(queuesOf("Topic,%LMQ%../../x,%LMQ%a", "1,2,3"), ["%LMQ%a@3"]);
});

Deno.test("lightQueuesOf() keeps a byte order mark in a name", () => {
  // It is the first character of the properties, where a decoder would swallow it.
  const text = "\ufeff\u0001x\u0002INNER_MULTI_DISPATCH\u0001%LMQ%\ufeffa\u0002" +
    "INNER_MULTI_QUEUE_OFFSET\u00015\u0002";
  const message = sampleMessage({ properties: text });
  const record = new RecordView();
  record.attach(recordBytes(message));
  record.load(0, message.totalSize);
  assert.deepEqual(lightQueuesOf(record), [{ topic: "%LMQ%\ufeffa", queueOffset: 5 }]);
});

Deno.test("lightQueuesOf() finds the very queues Java made: 5.5.0-e-lmq-102", () => {
  const fs = storeInMemory("5.5.0-e-lmq-102");
  const found = new Set<string>();
  const scan = new CommitLogScan(fs, listSegments(fs, "store/commitlog"));
  while (scan.next()) {
    if (scan.kind !== "message") continue;
    for (const { topic, queueOffset } of lightQueuesOf(scan.record)) {
      found.add(`${topic} ${queueOffset} ${scan.at}`);
    }
  }
  scan.close();
  const inJava = readTruth("5.5.0-e-lmq-102").queues
    .filter(({ topic }) => topic.startsWith("%LMQ%"))
    .flatMap(({ topic, cq }) => cq.map(([index, at]) => `${topic} ${index} ${at}`));
  assert(inJava.length > 0);
  assert.deepEqual([...found].sort(), inJava.sort());
});

Deno.test("lightQueueFlaw() finds names and indexes that are not equally many, and no index at all", () => {
  const flawOf = (dispatch: string, offsets: string) =>
    lightQueueFlaw(
      recordWith({ INNER_MULTI_DISPATCH: dispatch, INNER_MULTI_QUEUE_OFFSET: offsets }),
    );
  assert.equal(flawOf("%LMQ%a,%LMQ%b", "7,0"), undefined);
  assert.match(flawOf("%LMQ%a,%LMQ%b", "7")!, /DISPATCH names 2, .*_OFFSET has indexes for 1$/);
  assert.match(flawOf("%LMQ%a", "7,8")!, /names 1, .* for 2$/);
  assert.equal(flawOf("%LMQ%a,%LMQ%b", "7,x"), 'the index in %LMQ%b is "x"');
  // Java gives an index to light queues only.
  assert.equal(flawOf("other,%LMQ%b", ",3"), undefined);
  assert.match(
    lightQueueFlaw(recordWith({ INNER_MULTI_QUEUE_OFFSET: "7" }))!,
    /names 0, .* for 1$/,
  );
});

Deno.test("lightQueueFlaw() finds nothing where a broker noted nothing", () => {
  assert.equal(lightQueueFlaw(recordWith({ TAGS: "a" })), undefined);
  assert.equal(lightQueueFlaw(recordWith({ INNER_MULTI_DISPATCH: "%LMQ%a,%LMQ%b" })), undefined);
  assert.equal(lightQueueFlaw(recordWith({ X: "INNER_MULTI_QUEUE_OFFSET" })), undefined);
  const files = storeInMemory("5.5.0-e-lmq-102");
  const scan = new CommitLogScan(files, listSegments(files, "store/commitlog"));
  let light = 0;
  while (scan.next()) {
    if (scan.kind !== "message") continue;
    assert.equal(lightQueueFlaw(scan.record), undefined);
    if (lightQueuesOf(scan.record).length > 0) light++;
  }
  assert(light > 0);
});

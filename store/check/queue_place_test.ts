import assert from "node:assert/strict";
import { recordBytes, sampleMessage } from "../../testdata/small_log.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { brief } from "../../testdata/verified.ts";
import { formatProperties } from "../properties.ts";
import { LogLookup } from "../log_lookup.ts";
import { RecordView } from "../record_view.ts";
import type { Finding } from "./findings.ts";
import { indexIn, QueuePlace } from "./queue_place.ts";
import { readStoreState } from "./store_state.ts";
import { Tally } from "./summary.ts";

function recordOf(wish: Parameters<typeof sampleMessage>[0]): RecordView {
  const bytes = recordBytes(sampleMessage(wish));
  const record = new RecordView();
  record.attach(bytes);
  assert.equal(record.load(0, bytes.length), undefined);
  return record;
}

Deno.test("indexIn() tells a record's index in its own queue and in no other", () => {
  const record = recordOf({ topic: "Überweisung", queueId: 3, queueOffset: 17 });
  assert.equal(indexIn({ topic: "Überweisung", queueId: 3 }, record), 17);
  assert.equal(indexIn({ topic: "Überweisung", queueId: 2 }, record), undefined);
  assert.equal(indexIn({ topic: "Überweisun", queueId: 3 }, record), undefined);
  assert.equal(indexIn({ topic: "Überweisung2", queueId: 3 }, record), undefined);
});

Deno.test("indexIn() tells a record's index in the light queues it stands in, too", () => {
  const properties = formatProperties([
    ["INNER_MULTI_DISPATCH", "%LMQ%a,%LMQ%b"],
    ["INNER_MULTI_QUEUE_OFFSET", "4,9"],
  ]);
  const record = recordOf({ queueId: 1, queueOffset: 17, properties });
  assert.equal(indexIn({ topic: "%LMQ%b", queueId: 0 }, record), 9);
  assert.equal(indexIn({ topic: "%LMQ%c", queueId: 0 }, record), undefined);
  assert.equal(indexIn({ topic: "TopicTest", queueId: 1 }, record), 17);
});

/** A queue of 25 units in files of 10. */
function placeOf(queue = { topic: "TopicTest", queueId: 0 }): {
  readonly place: QueuePlace;
  readonly findings: Finding[];
} {
  const { files } = new SmallStore({ segmentBytes: 65_536 }).addMany(25).save();
  const state = readStoreState(files, "store");
  const findings: Finding[] = [];
  const lookup = new LogLookup(files, state.log);
  const sink = (it: Finding) => void findings.push(it);
  const context = { state, lookup, sink, tally: new Tally() };
  return { place: new QueuePlace(context, { kind: "simple", ...queue }), findings };
}

Deno.test("QueuePlace finds the file and the position of a unit", () => {
  const { place, findings } = placeOf();
  place.flaw(12, { code: "queue-hole" }, { note: "gone" });
  place.close();
  const file = "store/consumequeue/TopicTest/0/00000000000000000200";
  const [finding] = findings;
  assert.deepEqual([finding?.file, finding?.offset, finding?.length], [file, 40, 20]);
  assert.deepEqual([finding?.topic, finding?.queueId, finding?.queueOffset], ["TopicTest", 0, 12]);
  assert.equal(finding?.message, "unit 12: gone");
});

Deno.test("QueuePlace makes one finding of neighbours, across files too", () => {
  const { place, findings } = placeOf();
  for (let unit = 8; unit < 15; unit++) {
    place.flaw(unit, { code: "queue-hole" }, { logOffset: unit * 100, note: `gone at ${unit}` });
  }
  place.flaw(15, { code: "queue-hole", severity: "info" }, { note: "gone, too" });
  place.close();
  assert.deepEqual(findings.map(brief), [
    "error queue-hole consumequeue/TopicTest/0/00000000000000000000 160+140",
    "info queue-hole consumequeue/TopicTest/0/00000000000000000200 100+20",
  ]);
  assert.equal(findings[0]!.message, "units 8 to 14: gone at 8, and so on to log offset 1400");
});

Deno.test("QueuePlace names the folder where a file would be", () => {
  const { place, findings } = placeOf({ topic: "Other", queueId: 7 });
  place.flaw(12, { code: "queue-missing-units" }, { note: "gone" });
  place.close();
  assert.deepEqual(findings.map(brief), [
    "error queue-missing-units consumequeue/Other/7 240+20",
  ]);
});

Deno.test("QueuePlace trusts the space a file takes only for large files", () => {
  const { place } = placeOf();
  const segment = { ...place.files.segments[0]!, start: 600_000, length: 6_000_000 };
  const first = 600_000 / 20;
  assert(place.isRestEmpty({ ...segment, allocatedBytes: 8192 }, first));
  assert(!place.isRestEmpty({ ...segment, allocatedBytes: 8193 }, first));
  assert(place.isRestEmpty({ ...segment, allocatedBytes: 8212 }, first + 1));
  assert(!place.isRestEmpty({ ...segment, length: 8192, allocatedBytes: 0 }, first));
});

import assert from "node:assert/strict";
import { CLEAN, putText } from "../../testdata/finding_cases.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { between, oneOf, randomOf } from "../../testdata/random.ts";
import { brief } from "../../testdata/verified.ts";
import { type Finding, finding } from "./findings.ts";
import { SideChecks } from "./side_checks.ts";
import { readStoreState } from "./store_state.ts";
import { Tally } from "./summary.ts";

const CONSUMERS = "store/config/consumerOffset.json";
const END = { offset: 330_461, timestamp: 1_795_252_594_663 };

function checks(files: ReturnType<typeof storeInMemory>): { sides: SideChecks; found: Finding[] } {
  const found: Finding[] = [];
  const sides = new SideChecks({
    state: readStoreState(files, "store"),
    sink: (it) => void found.push(it),
    tally: new Tally(),
    depth: "default",
  });
  return { sides, found };
}

Deno.test("SideChecks finds nothing before and after the pass over a sound log", () => {
  const { sides, found } = checks(storeInMemory(CLEAN));
  sides.before();
  Array.from(sides.after(END));
  assert.deepEqual(found, []);
});

Deno.test("SideChecks takes offsets as they were before the log was read", () => {
  const files = storeInMemory(CLEAN);
  const { sides, found } = checks(files);
  // A broker at work: messages came and were consumed while the log was read.
  putText(files, CONSUMERS, '{"offsetTable":{"T_retry@G_retry":{0:99}}}');
  Array.from(sides.after(END));
  assert.deepEqual(found, []);
});

Deno.test("SideChecks knows of the units that the pass found missing, wanted or not", () => {
  const files = storeInMemory(CLEAN);
  putText(files, CONSUMERS, '{"offsetTable":{"T_retry@G_retry":{0:8}}}');
  const without = checks(files);
  Array.from(without.sides.after(END));
  assert.deepEqual(without.found.map(brief), [
    "warning consumer-offset-ahead config/consumerOffset.json 0+0",
  ]);
  const { sides, found } = checks(files);
  const place = { file: "f", topic: "T_retry", queueId: 0, queueOffset: 6, length: 40 };
  sides.see(finding("queue-missing-units", place, { message: "missing" }));
  Array.from(sides.after(END));
  assert.deepEqual(found, []);
});

/** Small files beside log, queues and index. */
const BESIDE = [
  "checkpoint",
  "queueends",
  "epochFileCheckpoint",
  "config/timercheck",
  "config/consumerOffset.json",
  "config/consumerOffset.json.bak",
  "config/delayOffset.json",
  "config/topics.json.bak",
  "config/topicQueueMapping.json",
  "timerlog/00000000000000000000",
  "index/20261121091601736",
];

Deno.test("SideChecks finds or finds not, but never fails, whatever stands in the files", () => {
  const random = randomOf(20_261_121);
  for (let round = 0; round < 150; round++) {
    const files = storeInMemory(CLEAN);
    files.put("store/timerlog/00000000000000000000", new Uint8Array(520));
    files.put("store/config/timercheck", new Uint8Array(4096));
    putText(files, "store/epochFileCheckpoint", "2\n0\n1-0\n3-1073741824\n");
    putText(files, "store/config/topicQueueMapping.json", '{"topicQueueMappingInfoMap":{}}');
    if (random() < 0.5) files.put("store/abort", new Uint8Array(0));
    for (let wounds = between(random, 1, 4); wounds > 0; wounds--) {
      const path = `store/${oneOf(random, BESIDE)}`;
      const bytes = new Uint8Array(between(random, 1, 60));
      for (let at = 0; at < bytes.length; at++) bytes[at] = between(random, 0, 255);
      const size = files.stat(path)?.size ?? 0;
      if (random() < 0.25 && size > 0) files.cut(path, between(random, 0, size - 1));
      else files.openWrite(path).write(bytes, between(random, 0, Math.max(0, size - bytes.length)));
    }
    const { sides, found } = checks(files);
    sides.before();
    Array.from(sides.after(END));
    for (const it of found) assert(it.message.length > 0 && it.fix.length > 0);
  }
});

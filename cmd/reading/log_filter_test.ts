import assert from "node:assert/strict";
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import { listSegments } from "../../store/segments.ts";
import { readTruth, storeInMemory, type TruthRecord } from "../../testdata/fixture.ts";
import { hasKey, LogFilter, type LogFilterOptions, topicOf } from "./log_filter.ts";

const NAME = "5.5.0-a-clean-102";
const ANY = { since: -Infinity, until: Infinity };

function check(options: Partial<LogFilterOptions>, expected: (record: TruthRecord) => boolean) {
  const files = storeInMemory(NAME);
  const scan = new CommitLogScan(files, listSegments(files, "store/commitlog"));
  const filter = new LogFilter({ times: ANY, ...options });
  const found: number[] = [];
  while (scan.next()) {
    if (scan.kind === "message" && filter.matches(scan.record)) found.push(scan.at);
  }
  const wanted = readTruth(NAME).log.filter(expected).map((it) => it.commitLogOffset);
  assert.deepEqual(found, wanted, JSON.stringify(options));
  assert(options.times !== undefined || wanted.length > 0, "the case shows something");
}

Deno.test("LogFilter picks the records Java's fields say it should", () => {
  const isOf = (topic: string) => (record: TruthRecord) => record.topic === topic;
  const time = readTruth(NAME).log[100]!.storeTimestamp;
  check({}, () => true);
  check({ topic: "T_tags" }, isOf("T_tags"));
  check({ topic: "T_plain", queue: 2 }, (it) => it.topic === "T_plain" && it.queueId === 2);
  check({ queueOffset: 5 }, (it) => it.queueOffset === 5);
  check({ tag: "标签C" }, (it) => it.properties["TAGS"] === "标签C");
  check({ key: "键0" }, (it) => it.properties["KEYS"]?.split(" ").includes("键0") ?? false);
  const uniqueKey = readTruth(NAME).log[7]!.properties["UNIQ_KEY"]!;
  check({ key: uniqueKey }, (it) => it.properties["UNIQ_KEY"] === uniqueKey);
  check({ times: { since: time, until: Infinity } }, (it) => it.storeTimestamp >= time);
  check({ times: { since: -Infinity, until: time } }, (it) => it.storeTimestamp <= time);
  check({ times: { since: 1, until: 2 } }, () => false);
});

Deno.test("hasKey() compares whole keys", () => {
  const properties = "KEYS\u0001k1 k22\u0002UNIQ_KEY\u0001U\u0002";
  assert(["k1", "k22", "U"].every((key) => hasKey(properties, key)));
  assert(!["k2", "k", "k1 k22", "KEYS"].some((key) => hasKey(properties, key)));
});

Deno.test("topicOf() reads the topic of either layout", () => {
  for (const [at, record] of readTruth(NAME).log.entries()) {
    if (at % 50 !== 0 && record.version !== 2) continue;
    const files = storeInMemory(NAME);
    const { commitLogOffset: from } = record;
    const scan = new CommitLogScan(files, listSegments(files, "store/commitlog"), { from });
    assert(scan.next());
    assert.equal(topicOf(scan.record), record.topic);
    scan.close();
  }
});

import assert from "node:assert/strict";
import { record } from "../../testdata/recorded_terminal.ts";
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import { listSegments } from "../../store/segments.ts";
import { readTruth, storeInMemory, type TruthRecord } from "../../testdata/fixture.ts";
import { hasKey, LogFilter, type LogFilterOptions } from "./log_filter.ts";
import { topicOf } from "../../store/record_text.ts";

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

Deno.test("LogFilter finds a record by its offset id in any case, and by its unique key", () => {
  const { msgId, properties } = readTruth(NAME).log[33]!;
  check({ id: msgId }, (it) => it.msgId === msgId);
  check({ id: msgId.toLowerCase() }, (it) => it.msgId === msgId);
  const uniqueKey = properties["UNIQ_KEY"]!;
  check({ id: uniqueKey }, (it) => it.properties["UNIQ_KEY"] === uniqueKey);
  check({ id: msgId.replace(/^7F/, "7E"), times: { since: 0, until: Infinity } }, () => false);
});

Deno.test("LogFilter asks an expression of the record's fields and of its properties", () => {
  check({ where: "storeSize > 5000" }, (it) => it.storeSize > 5000);
  check({ where: "topic = 'T_tags' AND queueId <> 1" }, (it) => {
    return it.topic === "T_tags" && it.queueId !== 1;
  });
  check({ where: "commitLogOffset BETWEEN 1000 AND 9000" }, (it) => {
    return it.commitLogOffset >= 1000 && it.commitLogOffset <= 9000;
  });
  check({ where: "TAGS IS NULL" }, (it) => it.properties["TAGS"] === undefined);
  check({ where: "price >= 50.0", topic: "T_plain" }, (it) => {
    return it.topic === "T_plain" && Number(it.properties["price"] ?? NaN) >= 50;
  });
  const { storeTimestamp, flag } = readTruth(NAME).log[0]!;
  check({ where: `storeTimestamp <= ${storeTimestamp} AND flag = ${flag}` }, (it) => {
    return it.storeTimestamp <= storeTimestamp && it.flag === flag;
  });
  // A comparison that fails wants nothing and stops nothing.
  check({ where: "TAGS > 5", times: { since: 0, until: Infinity } }, () => false);
});

Deno.test("LogFilter refuses an expression that cannot be read and says where", () => {
  assert.throws(() => new LogFilter({ times: ANY, where: "price >" }), {
    exitCode: 16,
    message: /^--where: Cannot read the expression at character 8: /,
  });
});

Deno.test("mq inspect commitlog says how many messages --where could not be told of", async () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  const args = ["inspect", "commitlog", "store", "--where", "TAGS > 5"];
  const { stdout, stderr, exitCode } = await record([...args, "-o", "jsonl"], { files });
  assert.deepEqual([stdout, exitCode], ["", 0]);
  assert.match(stderr, /4 messages were left out: --where compares there what is no number/);
});

import assert from "node:assert/strict";
import { CLEAN } from "../../testdata/finding_cases.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { brief, verified } from "../../testdata/verified.ts";
import { FILE_KIND_ABOUT, FILE_KINDS, finding, FINDINGS } from "./findings.ts";

Deno.test("verifyStore() finds nothing with any code in a sound store but facts", async () => {
  const { findings } = await verified(storeInMemory(CLEAN));
  assert.deepEqual(findings.map(brief), ["info log-topic-deleted commitlog 0+0"]);
});

/** Scripts know these: a change here breaks somebody's cron job. Lines are added, never changed. */
const CODES: Readonly<Record<string, string>> = {
  "checkpoint-ahead": "warning",
  "checkpoint-missing": "warning",
  "checkpoint-starts-late": "error",
  "checkpoint-wrong-length": "warning",
  "config-backup-newer": "warning",
  "config-backup-unreadable": "warning",
  "config-missing": "warning",
  "config-queue-closed": "info",
  "config-offsets-missing": "info",
  "config-delay-offsets-missing": "info",
  "config-topic-unknown": "info",
  "config-topics-missing": "warning",
  "config-unreadable": "error",
  "consumer-offset-ahead": "warning",
  "consumer-offset-behind": "info",
  "consumer-offset-orphan": "info",
  "delay-offset-ahead": "warning",
  "delay-offset-behind": "info",
  "epoch-ahead": "warning",
  "epoch-unreadable": "error",
  "index-chain": "warning",
  "index-entry-behind-log": "warning",
  "index-entry-below-log": "info",
  "index-entry-dangling": "warning",
  "index-header": "warning",
  "index-missing-keys": "warning",
  "index-overlap": "warning",
  "index-stray-file": "info",
  "index-wrong-entry": "warning",
  "index-wrong-length": "warning",
  "log-bad-record": "error",
  "log-body-crc": "error",
  "log-body-unreadable": "error",
  "log-inner-batch": "error",
  "log-light-queues": "error",
  "log-misnamed-file": "error",
  "log-missing": "error",
  "log-missing-file": "error",
  "log-property-crc": "error",
  "log-stale-records": "warning",
  "log-stray-file": "warning",
  "log-time-jump": "warning",
  "log-topic-deleted": "info",
  "log-torn-properties": "error",
  "log-torn-tail": "error",
  "log-wrong-blank": "info",
  "log-wrong-length": "error",
  "log-wrong-offset": "error",
  "queue-empty-last-file": "warning",
  "queue-ends-in-padding": "warning",
  "queue-ext-bad-unit": "warning",
  "queue-ext-dangling": "warning",
  "queue-ext-mismatch": "warning",
  "queue-hole": "error",
  "queue-missing-file": "error",
  "queue-missing-units": "error",
  "queue-offset-mismatch": "error",
  "queue-offset-repeated": "warning",
  "queue-padding": "info",
  "queue-rocksdb": "info",
  "queue-stray-file": "warning",
  "queue-tags-mismatch": "error",
  "queue-unit-behind-log": "info",
  "queue-unit-below-log": "info",
  "queue-unit-dangling": "error",
  "queue-unit-mismatch": "error",
  "queue-wrong-kind": "error",
  "queue-wrong-length": "error",
  "queueends-stale": "info",
  "store-not-read": "info",
  "store-unclean": "info",
  "store-unreadable": "error",
  "timer-checkpoint-ahead": "warning",
  "timer-checkpoint-wrong-length": "warning",
  "timer-log-bad-unit": "error",
  "timer-log-missing-file": "error",
  "timer-log-stray-file": "warning",
  "timer-log-wrong-length": "error",
  "timer-slot-ahead": "warning",
  "timer-slot-wrong": "warning",
  "timer-unit-below-log": "warning",
  "timer-unit-dangling": "error",
  "timer-unit-unlinked": "error",
  "timer-wheel-length": "error",
};

Deno.test("FINDINGS keeps its codes and how grave they are", () => {
  const codes = Object.entries(FINDINGS).map(([code, { severity }]) => [code, severity]);
  assert.deepEqual(Object.fromEntries(codes), CODES);
});

Deno.test("FINDINGS says of each code what it means and what to do, in whole words", () => {
  for (const [code, { kind, about, java, fix, example }] of Object.entries(FINDINGS)) {
    assert(FILE_KINDS.includes(kind), code);
    assert(about.length > 20 && java.length > 10 && fix.length > 3 && example.length > 5, code);
    for (const text of [about, java, fix]) {
      assert(!/[.!]$/.test(text), `${code} ends without a full stop`);
    }
  }
});

Deno.test("FILE_KIND_ABOUT says of each kind what it is, and of each that is not read why", () => {
  for (const kind of FILE_KINDS) {
    assert(FILE_KIND_ABOUT[kind].length > 10, kind);
    const isUnread = ["rocksdb", "compaction", "tieredstore", "dledger"].includes(kind);
    assert.equal(/does not read/.test(FILE_KIND_ABOUT[kind]), isUnread, kind);
  }
});

Deno.test("finding() tells the log offset where it is given", () => {
  const place = { file: "store/checkpoint", logOffset: 0 };
  assert.equal(finding("checkpoint-starts-late", place, { message: "late" }).logOffset, 0);
});

Deno.test("finding() takes severity and fix from the table unless they are given", () => {
  const place = { file: "store/checkpoint" };
  const plain = finding("checkpoint-missing", place, { message: "missing" });
  assert.deepEqual(plain, {
    kind: "finding",
    severity: "warning",
    code: "checkpoint-missing",
    file: "store/checkpoint",
    offset: 0,
    length: 0,
    message: "missing",
    fix: FINDINGS["checkpoint-missing"].fix,
  });
  const given = finding("queue-missing-units", {
    file: "store/consumequeue/T/1",
    offset: 40,
    length: 20,
    topic: "T",
    queueId: 1,
    queueOffset: 2,
  }, { message: "missing", severity: "info", fix: "start it" });
  assert.deepEqual([given.severity, given.fix], ["info", "start it"]);
  assert.deepEqual([given.topic, given.queueId, given.queueOffset], ["T", 1, 2]);
});

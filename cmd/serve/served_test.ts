import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import type { RecoveryAction, RecoveryReport } from "../../store/recovery_report.ts";
import { noteChanges, servedBy, servedLines } from "./served.ts";

const CHANGE: RecoveryAction = {
  action: "rebuild-queue",
  file: "store/consumequeue/T/0",
  from: 0,
  to: 5,
  reason: "units 0 to 5 were missing",
  safe: true,
  bytesLost: 0,
  messagesLost: 0,
  slotsFilled: 0,
};

function report(actions: readonly RecoveryAction[]): RecoveryReport {
  return {
    mode: "unclean",
    from: 0,
    reason: "",
    start: 0,
    end: 900,
    messages: 9,
    units: 9,
    keys: 0,
    unqueued: 0,
    flawedBatches: 0,
    wrongKinds: [],
    lastStoreTimestamp: 0,
    actions,
    left: [],
  };
}

/** A store with a queue of 5 and one of 3 messages, an empty queue, and an empty topic. */
function store(actions: readonly RecoveryAction[] = []) {
  const ranges: Record<string, { min: number; max: number }> = {
    "T/0": { min: 10, max: 15 },
    "T/1": { min: 4, max: 4 },
    "U/0": { min: 0, max: 3 },
    "V/0": { min: 0, max: 0 },
  };
  return {
    topics: () => ["T", "U", "U", "V"],
    queueIds: (topic: string) => topic === "T" ? [0, 1] : [0],
    queueRange: (topic: string, queueId: number) => ranges[`${topic}/${queueId}`],
    logRange: { min: 100, max: 900 },
    recovery: report(actions),
  };
}

const AS_IT_IS = { repair: undefined, isRocksDb: false, hasIndex: true };

Deno.test("servedBy() counts messages, and only topics and queues that have some", () => {
  const { changes: _, ...rest } = servedBy(AS_IT_IS, store());
  assert.deepEqual(rest, {
    topics: 2,
    queues: 2,
    messages: 8,
    logStart: 100,
    logEnd: 900,
    isRocksDb: false,
    hasIndex: true,
    putRight: {},
    bytesLost: 0,
    messagesLost: 0,
  });
});

Deno.test("servedBy() leaves units out that stand in for lost messages", () => {
  const action = "skip-damage";
  const lost = { ...CHANGE, action, slotsFilled: 2, messagesLost: 2, bytesLost: 70 } as const;
  const served = servedBy(AS_IT_IS, store([lost]));
  assert.equal(served.messages, 6);
  assert.deepEqual(servedLines(served), [
    "Serves 6 messages in 2 queues of 2 topics, log offsets 100 to 900.",
    "Put right in memory: 1 damaged range passed over.",
    "Lost to damage: 2 messages (70 bytes).",
    "",
  ]);
});

Deno.test("servedLines() says of a sound store only what it serves, and of RocksDB that it was not read", () => {
  assert.equal(servedLines(servedBy(AS_IT_IS, store())).length, 2);
  const lines = servedLines(servedBy({ ...AS_IT_IS, isRocksDb: true }, store([CHANGE, CHANGE])));
  assert.match(lines[1]!, /kept in RocksDB, which mq cannot read: they were built from the log/);
  assert.equal(lines[3], "Put right in memory: 2 queues rebuilt.");
});

Deno.test("servedLines() says that without an index nobody finds a message by its key", () => {
  const lines = servedLines(servedBy({ ...AS_IT_IS, hasIndex: false }, store()));
  assert.match(
    lines[1]!,
    /^It has no index, so nobody finds a message by its key; --repair always /,
  );
  const empty = { ...store(), topics: () => [] };
  assert.equal(servedLines(servedBy({ ...AS_IT_IS, hasIndex: false }, empty)).length, 2);
});

Deno.test("noteChanges() notes the first ones and how many more there are", () => {
  const notes = (count: number, isRocksDb = false) => {
    const { terminal, printed } = recordedTerminal();
    noteChanges(terminal, { changes: Array.from({ length: count }, () => CHANGE), isRocksDb });
    return printed().stderr.trim().split("\n");
  };
  const one = "mq: in memory: rebuild-queue store/consumequeue/T/0: units 0 to 5 were missing";
  assert.deepEqual(notes(1), [one]);
  assert.equal(notes(10).length, 10);
  assert.equal(notes(12).at(-1), "mq: in memory: 2 more; mq recover lists them all");
  assert.equal(notes(12, true).at(-1), "mq: in memory: 2 more");
});

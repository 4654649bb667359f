import assert from "node:assert/strict";
import type { DamageResult, Outcome } from "./damage_run.ts";
import { damageCells, damagePage, hasLine } from "./damage_table.ts";

const ALL: Outcome = {
  starts: true,
  messages: 465,
  sound: 465,
  misplaced: 0,
  repeated: 0,
  wrong: 0,
  keys: 2,
};

function result(wish: Partial<DamageResult> = {}): DamageResult {
  return {
    damage: { name: "log: a note", about: "somebody left it", finds: [], apply: () => [] },
    asked: {
      queues: [],
      ofOwnTopics: 0,
      messages: new Set(Array.from({ length: 465 }, (_, nth) => `${nth}`)),
      keys: ["a", "b"].map((key) => ({ topic: "T", key, records: ["0"] })),
    },
    found: [],
    codes: [],
    left: [],
    recovered: { exitCode: 1, messages: 465 },
    mq: ALL,
    java: new Map([["4.9.7", { starts: false }], ["5.5.0", ALL]]),
    told: new Map(),
    ownTold: { starts: true, sound: 465, misplaced: 0 },
    keysAreTold: true,
    ...wish,
  };
}

Deno.test("damageCells() says what came, and what was wrong with it", () => {
  assert.deepEqual(damageCells(result()), [
    "log: a note",
    "somebody left it",
    "nothing",
    "does not start",
    "465",
    "465",
  ]);
  const bad = {
    ...ALL,
    messages: 400,
    sound: 401,
    misplaced: 3,
    repeated: 17,
    wrong: 1,
    keys: 1,
  };
  const cells = damageCells(result({
    java: new Map([["5.5.0", bad]]),
    codes: ["log-bad-record", "log-body-crc", "queue-hole", "index-chain", "log-time-jump"],
    left: ["log-stray-file"],
  }));
  assert.deepEqual(cells.slice(2), [
    "`log-bad-record`, `log-body-crc`, `queue-hole` and 2 more",
    "400, 3 elsewhere, 17 twice, 1 wrong, 1 of 2 keys",
    "465; left: `log-stray-file`",
  ]);
});

Deno.test("damagePage() adds it up, and hasLine() finds a line however wide its columns are", () => {
  const one = result();
  const other = result({
    damage: { ...one.damage, name: "log: a file of a name that is far longer" },
    java: new Map([["4.9.7", { ...ALL, messages: 460, repeated: 2 }], ["5.5.0", ALL]]),
  });
  const page = damagePage([{ title: "Killed", about: "A store.", results: [one, other] }]);
  assert.match(page, /^# What damage costs\n/);
  const text = page.replaceAll(/\s+/g, " ");
  assert.match(
    text,
    /Java 4\.9\.7 does not start on 1 of 2, .* not serve 5 messages, and serves 2/,
  );
  assert.match(text, /mq does not start on 0 of 2, .* does not serve 0 messages, and serves 0/);
  assert.match(text, /## Killed A store\. It has 465 messages\./);
  for (const it of [one, other]) assert(hasLine(page, damageCells(it)));
  assert(!hasLine(page, damageCells(result({ mq: { starts: false } }))));
});

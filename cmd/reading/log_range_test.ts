import assert from "node:assert/strict";
import { listSegments } from "../../store/segments.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { logRange } from "./log_range.ts";

const NAME = "5.5.0-a-clean-102";
const ANY = { since: -Infinity, until: Infinity };
const files = storeInMemory(NAME);
const log = listSegments(files, "store/commitlog");

Deno.test("logRange() starts at a record, or at its file where none starts", () => {
  const check = (wanted: { from?: number; to?: number }, from: number, to: number) => {
    const range = logRange(files, log, { ...wanted, times: ANY });
    assert.deepEqual([range.from, range.to, range.first], [from, to, wanted.from ?? 0]);
  };
  check({}, 0, 393216);
  check({ from: 315, to: 637 }, 315, 637);
  check({ from: 316 }, 0, 393216);
  check({ from: 65540 }, 65536, 393216);
  check({ from: 65536, to: 9e9 }, 65536, 393216);
  assert.throws(() => logRange(files, log, { from: 2, to: 1, times: ANY }), { exitCode: 16 });
});

Deno.test("logRange() leaves out no file that holds a wanted time", () => {
  const records = readTruth(NAME).log;
  for (const { storeTimestamp: since } of records.filter((_, at) => at % 20 === 0)) {
    const until = since + 100;
    const range = logRange(files, log, { times: { since, until } });
    for (const record of records) {
      const { storeTimestamp, commitLogOffset } = record;
      if (storeTimestamp < since || storeTimestamp > until) continue;
      assert(commitLogOffset >= range.from && commitLogOffset < range.to, `${commitLogOffset}`);
    }
  }
  const late = logRange(files, log, {
    times: { since: records.at(-1)!.storeTimestamp, until: 9e15 },
  });
  assert.equal(late.from, 327680);
});

Deno.test("logRange() of a log without files is empty", () => {
  const none = { segments: [], strays: [], segmentBytes: 0 };
  const { from, to } = logRange(files, none, { times: { since: 1, until: 2 } });
  assert.deepEqual([from, to], [0, 0]);
});

Deno.test("logRange() of an offset id is its record, and of another id the whole log", () => {
  const { msgId, commitLogOffset, storeSize, properties } = readTruth(NAME).log[40]!;
  const rangeOf = (id: string, from?: number) => logRange(files, log, { id, from, times: ANY });
  const end = commitLogOffset + storeSize;
  assert.deepEqual(rangeOf(msgId.toLowerCase()), {
    from: commitLogOffset,
    to: end,
    first: commitLogOffset,
  });
  assert(rangeOf(msgId, end).from >= rangeOf(msgId, end).to);
  for (const id of [properties["UNIQ_KEY"]!, msgId.replace(/^7F/, "7E"), "x"]) {
    assert.deepEqual(rangeOf(id), { from: 0, to: 393216, first: 0 });
  }
});

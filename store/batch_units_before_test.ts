import assert from "node:assert/strict";
import { SmallStore } from "../testdata/small_store.ts";
import type { BatchUnit } from "./batch_queue.ts";
import { BatchUnitsBefore } from "./batch_units_before.ts";
import { DamageRanges } from "./damage_ranges.ts";
import { BATCH_QUEUE_UNIT } from "./format.ts";
import { LogLookup } from "./log_lookup.ts";
import { offsetName } from "./names.ts";
import { listSegments } from "./segments.ts";
import { StoredBatchUnits } from "./stored_batch_units.ts";

const UNIT_BYTES = BATCH_QUEUE_UNIT.size;

/** A queue of eight records of one message each. */
class Sample {
  readonly damage = new DamageRanges();
  readonly units: BatchUnit[] = [];
  readonly #store = new SmallStore({ segmentBytes: 4096 });
  readonly #kept: number[] = [];

  /** `topicOf` tells what topic a record says. */
  constructor(topicOf: (nth: number) => string = () => "T") {
    for (let nth = 0; nth < 8; nth++) {
      const place = this.#store.add({ topic: topicOf(nth), queueId: 1, queueOffset: nth });
      this.units.push({
        physicalOffset: place.at,
        size: place.length,
        tagsCode: 0n,
        storeTimestamp: 1,
        baseOffset: nth,
        batchSize: 1,
        compactedOffset: -1,
        reserved: 0,
      });
    }
  }

  before({ keepDamaged = false, exists = false } = {}): BatchUnitsBefore {
    const { files } = this.#store;
    const bytes = new Uint8Array(20 * UNIT_BYTES);
    for (const [nth, unit] of this.units.entries()) {
      BATCH_QUEUE_UNIT.write(new DataView(bytes.buffer), nth * UNIT_BYTES, unit);
    }
    files.put(`queue/${offsetName(0)}`, bytes);
    const list = listSegments(files, "queue", { unitBytes: UNIT_BYTES });
    return new BatchUnitsBefore(
      {
        topic: "T",
        queueId: 1,
        lookup: new LogLookup(files, listSegments(files, "store/commitlog")),
        damage: this.damage,
        keepDamaged,
        exists: () => exists,
      },
      new StoredBatchUnits(files, list, { first: 0 }),
    );
  }

  /** Passes all of the queue; `taken` are records the log calls for. Returns which units were kept. */
  kept(before: BatchUnitsBefore, taken: readonly number[] = []): readonly number[] {
    const keep = ({ baseOffset }: BatchUnit) => void this.#kept.push(baseOffset);
    for (const nth of taken) {
      const { physicalOffset } = this.units[nth]!;
      before.passBefore(physicalOffset, keep);
      before.took({ physicalOffset, baseOffset: nth, batchSize: 1 });
    }
    before.passBefore(Infinity, keep);
    return this.#kept;
  }
}

const ALL_BUT_3 = [0, 1, 2, 4, 5, 6, 7];

Deno.test("BatchUnitsBefore keeps units of records nobody takes: their own, and of topics that are none", () => {
  const own = new Sample();
  assert.deepEqual(own.kept(own.before(), ALL_BUT_3), [3]);
  const changed = new Sample((nth) => nth === 3 ? "U" : "T");
  assert.deepEqual(changed.kept(changed.before(), ALL_BUT_3), [3]);
  const others = new Sample((nth) => nth === 3 ? "U" : "T");
  assert.deepEqual(others.kept(others.before({ exists: true }), ALL_BUT_3), []);
});

Deno.test("BatchUnitsBefore drops units that lead to nothing, or where the queue leads already", () => {
  const it = new Sample();
  it.units[3] = { ...it.units[3]!, physicalOffset: it.units[3]!.physicalOffset + 1 };
  it.units[5] = { ...it.units[5]!, size: it.units[5]!.size + 1 };
  it.units[6] = { ...it.units[6]!, physicalOffset: it.units[1]!.physicalOffset };
  assert.deepEqual(it.kept(it.before(), [0, 1, 2, 4]), [7]);
});

Deno.test("BatchUnitsBefore counts the messages of units that lead to damage, or keeps them", () => {
  for (const keepDamaged of [false, true]) {
    const it = new Sample();
    const { physicalOffset: at, size: length } = it.units[3]!;
    it.units[3] = { ...it.units[3]!, batchSize: 4 };
    const range = { at, length, segment: undefined, why: "", messagesMin: 0, slotsFilled: 0 };
    it.damage.add(range);
    assert.deepEqual(it.kept(it.before({ keepDamaged }), ALL_BUT_3), keepDamaged ? [3] : []);
    assert.equal(range.slotsFilled, keepDamaged ? 0 : 4);
  }
});

Deno.test("BatchUnitsBefore finds its way back behind a unit that leads far off", () => {
  const it = new Sample();
  it.units[2] = { ...it.units[2]!, physicalOffset: 1_000_000 };
  const before = it.before();
  const unit = it.units[3]!;
  before.passBefore(unit.physicalOffset, () => {});
  assert(before.leadsTo(unit, 3));
});

Deno.test("BatchUnitsBefore asks the units beside one what they know", () => {
  const it = new Sample((nth) => [0, 3, 5].includes(nth) ? "U" : "T");
  const before = it.before();
  const vouched = it.units.map((unit, nth) => {
    before.passBefore(unit.physicalOffset, () => {});
    assert(before.leadsTo(unit, nth));
    assert(!before.leadsTo(unit, nth + 1));
    assert(!before.leadsTo({ ...unit, size: unit.size + 1 }, nth));
    return before.isVouchedFor;
  });
  assert.deepEqual(vouched, [true, false, false, true, false, true, false, true]);
  assert(!before.hasNobodyBeside);
});

Deno.test("BatchUnitsBefore overrules a record's index where its unit fits and the record does not", () => {
  const it = new Sample();
  it.units[6] = { ...it.units[6]!, baseOffset: 2 };
  const before = it.before();
  const overruled = it.units.map((unit, nth) => {
    const { physicalOffset } = unit;
    before.passBefore(physicalOffset, () => {});
    const said = { base: nth === 3 ? 77 : nth, count: 1 };
    const right = before.overrule({ ...unit, tagsCode: 0 }, said);
    before.took({ physicalOffset, baseOffset: (right ?? said).base, batchSize: 1 });
    return right;
  });
  assert.deepEqual(overruled[3], { base: 3, count: 1 });
  assert.equal(overruled.filter((it) => it !== undefined).length, 1);
});

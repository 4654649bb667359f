import assert from "node:assert/strict";
import {
  decideRetention,
  fullPercent,
  parseDeletionHours,
  RETENTION_SETTINGS,
  type RetentionSettings,
  type RetentionState,
  usedPercent,
} from "./retention.ts";

const HOUR_MS = 3_600_000;
/** Noon where the test runs, which is no hour of deletion. */
const NOON = new Date(2026, 5, 10, 12).getTime();

function decide(state: Partial<RetentionState>, settings: Partial<RetentionSettings> = {}) {
  return decideRetention(
    { files: [], diskUsedPercent: 10, nowMs: NOON, isAsked: false, ...state },
    { ...RETENTION_SETTINGS, ...settings },
  );
}

/** Log files last written so many hours before noon. */
function aged(...hours: readonly number[]): RetentionState["files"] {
  return hours.map((it, number) => ({ start: number * 1024, mtimeMs: NOON - it * HOUR_MS }));
}

Deno.test("decideRetention(): a file goes 72 hours after it was last written, to the millisecond", () => {
  const [oldest, newest] = aged(72, 0);
  const check = (mtimeMs: number, expected: number) => {
    const files = [{ ...oldest!, mtimeMs }, newest!];
    assert.equal(decide({ files, isAsked: true }).dropCount, expected);
  };
  check(oldest!.mtimeMs, 1);
  check(oldest!.mtimeMs + 1, 0);
});

Deno.test("decideRetention(): the last file stays, and so does what is behind one that is young", () => {
  const asked = (...hours: number[]) => decide({ files: aged(...hours), isAsked: true }).dropCount;
  assert.equal(asked(), 0);
  assert.equal(asked(100), 0);
  assert.equal(asked(100, 100), 1);
  assert.equal(asked(100, 1, 100, 100), 1);
  assert.equal(asked(1, 100, 100), 0);
  const tight = (...hours: number[]) => decide({ files: aged(...hours), diskUsedPercent: 99 });
  assert.equal(tight(1).dropCount, 0);
  assert.equal(tight(1, 1).dropCount, 1);
});

Deno.test("decideRetention(): ten files go in a round", () => {
  const files = aged(...new Array<number>(30).fill(100));
  assert.equal(decide({ files, isAsked: true }).dropCount, 10);
  assert.equal(decide({ files, diskUsedPercent: 95 }).dropCount, 10);
  assert.equal(decide({ files, isAsked: true }, { filesPerRoundMax: 3 }).dropCount, 3);
});

Deno.test("decideRetention(): expired files wait for their hour of the local day", () => {
  const files = aged(200, 0);
  const hours = (deleteWhen: string) => {
    return Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => {
      const nowMs = new Date(2026, 5, 10, hour, 59).getTime();
      const { reason, dropCount } = decide({ files, nowMs }, { deleteWhen });
      assert.equal(dropCount, reason === "hour" ? 1 : 0);
      return dropCount === 1;
    });
  };
  assert.deepEqual(hours("04"), [4]);
  assert.deepEqual(hours("01;13"), [1, 13]);
  assert.deepEqual(hours("0;23;"), [0, 23]);
  assert.deepEqual(hours(""), []);
});

Deno.test("decideRetention(): the fuller the disk, the more goes", () => {
  const files = aged(200, 1, 0);
  const at = (diskUsedPercent: number | undefined, settings?: Partial<RetentionSettings>) => {
    const { reason, dropCount, isFull } = decide({ files, diskUsedPercent }, settings);
    return [reason, dropCount, isFull];
  };
  assert.deepEqual(at(75), [undefined, 0, false]);
  assert.deepEqual(at(76), ["disk", 1, false]);
  assert.deepEqual(at(85), ["disk", 1, false]);
  assert.deepEqual(at(86), ["forced", 2, false]);
  assert.deepEqual(at(90), ["forced", 2, false]);
  assert.deepEqual(at(91), ["forced", 2, true]);
  const never = { cleanFileForciblyEnable: false };
  assert.deepEqual(at(86, never), ["disk", 1, false]);
  assert.deepEqual(at(91, never), ["disk", 1, true]);
  assert.deepEqual(at(undefined), [undefined, 0, false], "nobody knows how full it is");
});

Deno.test("decideRetention() keeps levels within Java's limits", () => {
  const at = (diskUsedPercent: number, settings: Partial<RetentionSettings>) =>
    decide({ files: aged(200, 1, 0), diskUsedPercent }, settings);
  assert.equal(at(91, { diskFullPercent: 99 }).isFull, true);
  assert.equal(at(35, { diskFullPercent: 1 }).isFull, false);
  assert.equal(at(36, { diskFullPercent: 1 }).isFull, true);
  assert.equal(at(86, { diskForcedPercent: 99 }).reason, "forced");
  assert.equal(at(30, { diskForcedPercent: 1 }).reason, undefined);
  assert.equal(at(31, { diskForcedPercent: 1 }).reason, "forced");
  assert.equal(at(10, { diskUsedPercentMax: 1 }).reason, undefined);
  assert.equal(at(11, { diskUsedPercentMax: 1 }).reason, "disk");
  assert.equal(fullPercent({ ...RETENTION_SETTINGS, diskFullPercent: 50 }), 50);
});

Deno.test("usedPercent() rounds up to whole percents, as Java does", () => {
  const check = (usedBytes: number, freeBytes: number, expected: number) =>
    assert.equal(usedPercent({ usedBytes, freeBytes }), expected, `${usedBytes} ${freeBytes}`);
  check(0, 0, 0);
  check(0, 100, 0);
  check(1, 1e12, 1);
  check(55, 45, 55);
  check(29, 71, 29);
  check(750_001, 249_999, 76);
  check(1, 0, 100);
});

Deno.test("parseDeletionHours() knows what is a list of hours", () => {
  assert.deepEqual(parseDeletionHours("04"), [4]);
  assert.deepEqual(parseDeletionHours("1;13;23"), [1, 13, 23]);
  assert.deepEqual(parseDeletionHours(""), []);
  for (const text of ["24", "-1", "4,5", "x", "04:00", " 4"]) {
    assert.equal(parseDeletionHours(text), undefined, text);
  }
});

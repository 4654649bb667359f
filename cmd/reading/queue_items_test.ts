import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { QUEUE_PADDING, QUEUE_UNIT } from "../../store/format.ts";
import { offsetName } from "../../store/names.ts";
import { QueueReader } from "../../store/queue_reader.ts";
import { listSegments } from "../../store/segments.ts";
import { randomOf } from "../../testdata/random.ts";
import { queueItems, type QueueWalk } from "./queue_items.ts";

const FILE_UNITS = 10;
const UNIT = QUEUE_UNIT.size;

/**
 * Files of ten units, a letter each: `u` a unit, `p` padding, `.` zeros; `|` ends a file, `-` stands
 * for a missing one, a digit at the end of a file for so many bytes of a cut unit.
 */
function filesOf(plan: string): MemoryFiles {
  const fs = new MemoryFiles();
  for (const [file, part] of plan.split("|").entries()) {
    if (part === "-") continue;
    const letters = part.replace(/\d/g, "");
    const cutBytes = Number(/\d/.exec(part)?.[0] ?? 0);
    const bytes = new Uint8Array(letters.length * UNIT + cutBytes);
    const view = new DataView(bytes.buffer);
    [...letters].forEach((letter, at) => {
      const unit = { physicalOffset: 100 + at, size: 100, tagsCode: 0n };
      if (letter === "u") QUEUE_UNIT.write(view, at * UNIT, unit);
      if (letter === "p") QUEUE_UNIT.write(view, at * UNIT, QUEUE_PADDING);
    });
    fs.put(`q/${offsetName(file * FILE_UNITS * UNIT)}`, bytes);
  }
  return fs;
}

function walked(plan: string, walk: Omit<QueueWalk, "unitBytes"> = {}): string[] {
  const fs = filesOf(plan);
  const list = listSegments(fs, "q");
  const reader = new QueueReader(fs, list);
  const items: string[] = [];
  for (const gap of queueItems(reader, list, { unitBytes: UNIT, ...walk })) {
    if (gap === undefined) items.push(`${reader.index}`);
    else {
      assert(gap.file.startsWith("q/"));
      const bytes = gap.units * UNIT === gap.length ? "" : `(${gap.length} bytes)`;
      items.push(`${gap.kind} ${gap.first}+${gap.units}${bytes}`);
    }
  }
  reader.close();
  return items;
}

Deno.test("queueItems() tells padding, holes, lost files and room apart", () => {
  assert.deepEqual(walked("uu........"), ["0", "1", "tail 2+8"]);
  assert.deepEqual(walked("ppu..u...."), [
    ..."padding 0+2|2|damage 3+2|5|tail 6+4".split("|"),
  ]);
  assert.deepEqual(walked("uuuuuuuuuu|-|u........."), [
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(String),
    ..."missing 10+10|20|tail 21+9".split("|"),
  ]);
  assert.deepEqual(walked("uuuuuuuu..|..u......."), [
    ...[0, 1, 2, 3, 4, 5, 6, 7].map(String),
    ..."damage 8+4|12|tail 13+7".split("|"),
  ]);
  assert.deepEqual(walked("u7"), ["0", "damage 1+0(7 bytes)"]);
  assert.deepEqual(walked(".........."), ["tail 0+10"]);
  assert.deepEqual(walked(""), []);
});

Deno.test("queueItems() keeps to its range", () => {
  assert.deepEqual(walked("uuuuuuuuuu|uuu.......", { from: 8, to: 12 }), ["8", "9", "10", "11"]);
  assert.deepEqual(walked("uuuuuuuuuu|uuu.......", { from: 12 }), ["12", "tail 13+7"]);
  assert.deepEqual(walked("uuuuuuuuuu|-|u.........", { from: 15, to: 21 }), [
    "missing 10+10",
    "20",
  ]);
  assert.deepEqual(walked("uuuuuuuuuu|-|u.........", { from: 20 }), ["20", "tail 21+9"]);
  assert.deepEqual(walked("uu........", { from: 5, to: 5 }), []);
});

Deno.test("queueItems() gives the same backwards, whatever the files hold", () => {
  const seed = 20261121;
  const random = randomOf(seed);
  const below = (count: number) => Math.floor(random() * count);
  for (let round = 0; round < 300; round++) {
    const files = Array.from({ length: 1 + below(4) }, (_, at) => {
      if (at > 0 && below(6) === 0) return "-";
      const letters = Array.from({ length: FILE_UNITS }, () => "uuu.p"[below(5)]!);
      return letters.join("");
    });
    if (files[0] === "-") continue;
    while (files.at(-1) === "-") files.pop();
    const cut = below(4) === 0 ? String(1 + below(9)) : "";
    const plan = files.join("|") + cut;
    const range = below(2) === 0 ? {} : { from: below(15), to: 15 + below(20) };
    // What is room and what a hole is known forwards only where units follow.
    const forwards = walked(plan, range);
    const backwards = walked(plan, { ...range, reverse: true });
    const sorted = (items: readonly string[]) =>
      items.map((it) => it.replace("tail", "damage")).sort();
    assert.deepEqual(sorted(backwards), sorted(forwards), `seed ${seed}, round ${round}: ${plan}`);
    const units = (items: readonly string[]) => items.filter((it) => /^\d/.test(it));
    assert.deepEqual(units(backwards), units(forwards).toReversed(), plan);
  }
});

/** Files of 300,000 places of which only pages with units take space, as a broker leaves them. */
function sparseFiles(units: readonly number[], files = 1): MemoryFiles {
  const fs = new MemoryFiles();
  fs.makeDirectory("q");
  const bytes = new Uint8Array(UNIT);
  QUEUE_UNIT.write(new DataView(bytes.buffer), 0, { physicalOffset: 1, size: 1, tagsCode: 0n });
  for (let nth = 0; nth < files; nth++) {
    const file = fs.openWrite(`q/${offsetName(nth * SPARSE_UNITS * UNIT)}`);
    file.truncate(SPARSE_UNITS * UNIT);
    for (const number of units) file.write(bytes, number * UNIT);
    file.close();
  }
  return fs;
}

const SPARSE_UNITS = 300_000;

function sparseWalk(fs: MemoryFiles, walk: Omit<QueueWalk, "unitBytes"> = {}) {
  const list = listSegments(fs, "q");
  const reader = new QueueReader(fs, list);
  const items: string[] = [];
  let moves = 0;
  const cursor = {
    moveTo: (number: number) => moves++ >= 0 && reader.moveTo(number),
    isValid: () => reader.isValid(),
    isPadding: () => reader.isPadding(),
  };
  for (const gap of queueItems(cursor, list, { unitBytes: UNIT, ...walk })) {
    items.push(gap === undefined ? `${reader.index}` : `${gap.kind} ${gap.first}+${gap.units}`);
  }
  reader.close();
  return { items, moves };
}

Deno.test("queueItems() does not go through room that takes no space", () => {
  const fs = sparseFiles([0, 1]);
  for (const reverse of [false, true]) {
    const { items, moves } = sparseWalk(fs, { reverse });
    assert.deepEqual(reverse ? items.toReversed() : items, ["0", "1", "tail 2+299998"]);
    assert(moves < 5000, `${moves} moves`);
  }
  const from = sparseWalk(fs, { from: 1 });
  assert.deepEqual(from.items, ["1", "tail 2+299998"]);
  assert(from.moves < 5000, `${from.moves} moves`);
  assert.deepEqual(sparseWalk(fs, { to: 1000 }).items, ["0", "1", "tail 2+998"]);
  assert.deepEqual(sparseWalk(sparseFiles([0], 2)).items, [
    ..."0|damage 1+299999|300000|tail 300001+299999".split("|"),
  ]);
});

Deno.test("queueItems() finds units behind holes that take no space", () => {
  const cases: [units: number[], items: string[]][] = [
    // No more pages than room at the end of a full one might take.
    [[0, 100_000], [..."0|damage 1+99999|100000|tail 100001+199999".split("|")]],
    // The last unit takes a page more than its beginning.
    [[0, 204], [..."0|damage 1+203|204|tail 205+299795".split("|")]],
    [[250_000], ["damage 0+250000", "250000", "tail 250001+49999"]],
    [[0, 100_000, 100_001, 100_500, 101_000, 101_500], [
      ..."0|damage 1+99999|100000|100001|damage 100002+498|100500|damage 100501+499".split("|"),
      ..."101000|damage 101001+499|101500|tail 101501+198499".split("|"),
    ]],
  ];
  for (const [units, items] of cases) {
    const fs = sparseFiles(units);
    assert.deepEqual(sparseWalk(fs).items, items);
    assert.deepEqual(sparseWalk(fs, { reverse: true }).items.toReversed(), items);
  }
});

Deno.test("queueItems() looks at no more of a file than the pages that hold something", () => {
  const units = Array.from({ length: 205 }, (_, number) => number);
  for (const reverse of [false, true]) {
    const { moves } = sparseWalk(sparseFiles(units), { reverse });
    assert(moves < 1000, `${moves} moves`);
  }
});

import assert from "node:assert/strict";
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import type { FileSystem } from "../../store/file.ts";
import type { RecordView } from "../../store/record_view.ts";
import { listSegments, type SegmentList } from "../../store/segments.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { between, randomOf } from "../../testdata/random.ts";
import { SmallLog } from "../../testdata/small_log.ts";
import { reverseScan } from "./reverse_scan.ts";

const SEED = 20_261_122;

function forward(files: FileSystem, log: SegmentList, range: { from: number; to: number }) {
  const scan = new CommitLogScan(files, log, range);
  const items = [];
  while (scan.next()) {
    const { kind, at, length, flaw } = scan;
    items.push({ kind, at, length, flaw });
  }
  return items;
}

function backward(
  files: FileSystem,
  log: SegmentList,
  range: { from: number; to: number; blockBytes: number },
) {
  return [...reverseScan(files, log, range)]
    .map(({ kind, at, length, flaw }) => ({ kind, at, length, flaw }));
}

function bothAgree(files: FileSystem, log: SegmentList, why: string): void {
  const start = log.segments[0]?.start ?? 0;
  const last = log.segments.at(-1);
  const end = last === undefined ? 0 : last.start + last.length;
  for (const blockBytes of [1, 3000, 1024 * 1024]) {
    const range = { from: start, to: end };
    assert.deepEqual(
      backward(files, log, { ...range, blockBytes }).reverse(),
      forward(files, log, range),
      `${why}, blocks of ${blockBytes}`,
    );
  }
}

Deno.test("reverseScan turns the scan of every recorded store round", () => {
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    bothAgree(files, listSegments(files, "store/commitlog"), name);
  }
});

Deno.test("reverseScan turns damage, holes, short files and zeros round", () => {
  const make = () => new SmallLog(4096).addMany(120);
  const damages: readonly ((log: SmallLog) => void)[] = [
    (log) => log.flip(log.records[30]!.at + 90),
    (log) => log.flip(log.records[30]!.at),
    (log) => log.flip(log.records[0]!.at + 4),
    (log) => log.files.remove(log.path(4096)),
    (log) => log.files.cut(log.path(8192), 1000),
    (log) => log.files.zero(log.path(4096), 2000, 2096),
    (log) => log.files.zero(log.path(4096), 0, 4096),
    (log) => void log.addFile(log.end - log.end % 4096 + 4096),
    (log) => log.flip(log.records.at(-1)!.at + 90),
    (log) => log.flip(log.blanks[0]!.at + 1),
  ];
  for (const [nth, damage] of damages.entries()) {
    const log = make();
    damage(log);
    bothAgree(log.files, listSegments(log.files, log.directory), `damage ${nth}`);
  }
});

Deno.test("reverseScan turns a log with a gap of terabytes round", () => {
  const log = new SmallLog(4096).addMany(30);
  const bytes = log.files.snapshot().get(log.path(0))!;
  log.files.put(log.path(4096 * 2 ** 30), bytes);
  bothAgree(log.files, listSegments(log.files, log.directory), "a gap");
});

Deno.test("reverseScan turns logs with several flipped bytes and gaps of zeros round", () => {
  const random = randomOf(SEED);
  for (let nth = 0; nth < 300; nth++) {
    const log = new SmallLog(4096).addMany(60);
    const done: string[] = [];
    for (let wounds = between(random, 1, 6); wounds > 0; wounds--) {
      // Near to each other: what is damaged twice in a row is one item.
      const at = Math.min(between(random, 0, 600) + (nth % 4) * 3000, log.end - 1);
      done.push(`${at}`);
      if (wounds % 3 > 0) log.flip(at);
      else log.files.zero(log.path(at - at % 4096), at % 4096, Math.min(90, 4096 - at % 4096));
    }
    const why = `seed ${SEED}, log ${nth}, at ${done.join(", ")}`;
    bothAgree(log.files, listSegments(log.files, log.directory), why);
  }
});

Deno.test("reverseScan gives the records themselves, and only those wanted", () => {
  const log = new SmallLog(4096);
  for (let nth = 0; nth < 100; nth++) log.add({ queueOffset: nth });
  const found: number[] = [];
  const list = listSegments(log.files, log.directory);
  const wants = (it: RecordView) => it.queueOffset() % 10 === 0;
  for (const { record } of reverseScan(log.files, list, { from: 0, to: log.end, wants })) {
    if (record !== undefined) found.push(record.queueOffset());
  }
  assert.deepEqual(found, [90, 80, 70, 60, 50, 40, 30, 20, 10, 0]);
});

Deno.test("reverseScan reads no more files than it is asked for", () => {
  const log = new SmallLog(4096).addMany(200);
  const opened = new Set<string>();
  const files: FileSystem = Object.assign(Object.create(log.files), {
    openRead(path: string) {
      opened.add(path);
      return log.files.openRead(path);
    },
  });
  const list = listSegments(log.files, log.directory);
  const items = reverseScan(files, list, { from: 0, to: log.end });
  items.next();
  items.return(undefined);
  assert(opened.size <= 1, [...opened].join(" "));
});

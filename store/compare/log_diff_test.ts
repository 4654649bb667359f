import assert from "node:assert/strict";
import { type MessageWish, SmallLog } from "../../testdata/small_log.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { listSegments } from "../segments.ts";
import { diffLogs, type LogDifference, type LogDiffOptions, type LogSide } from "./log_diff.ts";

/** A log of two files and a half, with an own message in the place of each number named. */
function log(own: readonly number[] = [], count = 40): SmallLog {
  const small = new SmallLog(2048);
  for (let number = 0; number < count; number++) {
    const text = own.includes(number) ? `other ${number}` : `order ${number}`;
    const wish: MessageWish = {
      queueOffset: number,
      body: new TextEncoder().encode(text),
      properties: `UNIQ_KEY\u0001${text}\u0002`,
    };
    small.add(wish);
  }
  return small;
}

function sideOf(small: SmallLog): LogSide {
  return { fs: small.files, log: listSegments(small.files, small.directory) };
}

function differences(a: SmallLog, b: SmallLog, options?: LogDiffOptions): LogDifference[] {
  return [...diffLogs(sideOf(a), sideOf(b), options)];
}

Deno.test("diffLogs() finds nothing between a log and its copy, and reads all of both", () => {
  let bytes = 0;
  assert.deepEqual(differences(log(), log(), { onRead: (count) => bytes += count }), []);
  assert.equal(bytes, 2 * 3 * 2048);
});

Deno.test("diffLogs() names the range of other messages, and its first byte that differs", () => {
  const a = log();
  const found = differences(a, log([3, 4, 20]));
  const place = (number: number) => a.records[number]!;
  assert.deepEqual(found.map(({ from, to }) => [from, to]), [
    [place(3).at, place(5).at],
    [place(20).at, place(21).at],
  ]);
  const [first] = found;
  assert.equal(first!.a.messages, 2);
  assert.equal(first!.a.only, 2);
  assert.equal(first!.b.only, 2);
  // Eight bytes of size and magic are the same, the CRC of the body is not.
  assert.equal(first!.firstByte, place(3).at + 8);
});

Deno.test("diffLogs() tells messages that stand elsewhere from those one side lacks", () => {
  const b = new SmallLog(2048);
  const a = new SmallLog(2048);
  const add = (to: SmallLog, name: string) => to.add({ properties: `UNIQ_KEY\u0001${name}\u0002` });
  for (const name of ["one", "two", "three"]) add(a, name);
  for (const name of ["one", "longer and between", "two", "three"]) add(b, name);
  const [found, ...more] = differences(a, b);
  assert.deepEqual(more, []);
  assert.deepEqual(found!.a, { messages: 2, damagedBytes: 0, filledBytes: 0, only: 0 });
  assert.deepEqual(found!.b, { messages: 3, damagedBytes: 0, filledBytes: 0, only: 1 });
});

Deno.test("diffLogs() counts each record of a message that only one side has", () => {
  const of = (names: readonly string[]) => {
    const small = new SmallLog(2048);
    for (const name of names) small.add({ properties: `UNIQ_KEY\u0001${name}\u0002` });
    return small;
  };
  const [found] = differences(of(["new", "half", "half", "half", "old", "old"]), of(["old"]));
  assert.equal(found!.a.messages, 6);
  assert.equal(found!.a.only, 4);
  assert.equal(found!.b.only, 0);
});

Deno.test("diffLogs() does not tell what it could not remember", () => {
  const [found] = differences(log(), log([1, 2, 3]), { rememberedMax: 2 });
  assert.equal(found!.a.messages, 3);
  assert.equal(found!.a.only, undefined);
});

Deno.test("diffLogs() shows a slave that is behind, and one whose oldest file has expired", () => {
  const master = log();
  const behind = log([], 12);
  const [tail, ...more] = differences(master, behind);
  assert.deepEqual(more, []);
  assert.deepEqual([tail!.from, tail!.to], [behind.end, master.end]);
  assert.deepEqual([tail!.a.only, tail!.b.messages], [28, 0]);

  const expired = log();
  expired.files.remove(expired.path(0));
  const [head, ...rest] = differences(master, expired);
  assert.deepEqual(rest, []);
  assert.deepEqual([head!.from, head!.to, head!.b.messages], [0, 2048, 0]);
  assert.equal(head!.a.only, master.records.filter(({ at }) => at < 2048).length);
});

Deno.test("diffLogs() counts damage of one side, and not what is damaged alike on both", () => {
  const damaged = log();
  const { at, length } = damaged.records[5]!;
  damaged.flip(at + length - 30);
  const [found, ...more] = differences(log(), damaged);
  assert.deepEqual(more, []);
  assert.deepEqual([found!.a.messages, found!.b.messages, found!.b.damagedBytes], [1, 0, length]);
  const alike = log([30]);
  alike.flip(at + length - 30);
  assert.deepEqual(differences(damaged, alike).map(({ from }) => from), [alike.records[30]!.at]);
});

Deno.test("diffLogs() of files of other lengths still goes by the places in the log", () => {
  const small = log();
  const large = new SmallLog(8192);
  // The same records, without the fillers at the small files' ends.
  for (const { at, length } of small.records.slice(0, 10)) {
    if (large.end !== at) break;
    large.end = at;
    if (at === 0) large.addFile(0);
    const file = small.files.openRead(small.path(at));
    const bytes = new Uint8Array(length);
    file.read(bytes, small.within(at));
    file.close();
    large.write(at, bytes);
    large.end = at + length;
  }
  const [found, ...more] = differences(small, large);
  assert.deepEqual(more, []);
  assert.equal(found!.from, large.end);
  assert.equal(found!.b.messages, 0);
});

Deno.test("diffLogs() of what a Java broker left of a damaged store tells what it destroyed", () => {
  const before = storeInMemory("5.5.0-c-flip-102-first");
  const after = storeInMemory("5.5.0-c-flip-102-first", "after-java-recovery");
  const found = [...diffLogs(
    { fs: before, log: listSegments(before, "store/commitlog") },
    { fs: after, log: listSegments(after, "store/commitlog") },
  )];
  const lost = found.reduce((sum, { a }) => sum + a.only!, 0);
  assert(lost > 0);
  assert.equal(found.reduce((sum, { b }) => sum + b.messages, 0), 0);
});

Deno.test("diffLogs() with an empty side is one range", () => {
  const [found, ...more] = differences(log(), new SmallLog(2048));
  assert.deepEqual(more, []);
  assert.deepEqual([found!.from, found!.a.messages, found!.b.messages], [0, 40, 0]);
  assert.deepEqual(differences(new SmallLog(2048), new SmallLog(2048)), []);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { MemoryFiles } from "./file_memory.ts";
import { FileWindow } from "./file_window.ts";

const LENGTH = 1000;
const CONTENT = Uint8Array.from({ length: LENGTH }, (_, at) => at % 251);

function file() {
  const fs = new MemoryFiles();
  fs.put("a/b", CONTENT);
  return fs.openRead("a/b");
}

/** Compares what the window holds from `at` on with the file. */
function check(window: FileWindow, at: number, held: number): void {
  if (held <= 0) return;
  const start = at - window.from;
  assert.deepEqual(window.bytes.subarray(start, start + held), CONTENT.subarray(at, at + held));
}

Deno.test("FileWindow.hold() has any range whole, in any order", () => {
  const range = fc.tuple(fc.nat(LENGTH + 20), fc.nat(200));
  fc.assert(
    fc.property(
      fc.array(range, { maxLength: 30 }),
      fc.integer({ min: 1, max: 300 }),
      (ranges, size) => {
        const window = new FileWindow(size);
        window.open(file(), LENGTH);
        for (const [at, length] of ranges) {
          const held = window.hold(at, length);
          assert(held >= Math.min(length, LENGTH - at));
          check(window, at, held);
        }
      },
    ),
  );
});

Deno.test("FileWindow.hold() grows for what is longer than its memory", () => {
  const window = new FileWindow(16);
  window.open(file(), LENGTH);
  window.hold(0, 4);
  const memory = window.bytes;
  const held = window.hold(10, 300);
  assert(held >= 300);
  assert.notEqual(window.bytes, memory);
  check(window, 10, held);
});

Deno.test("FileWindow.hold() reads nothing twice on its way forward", () => {
  const source = file();
  let read = 0;
  const counted = {
    ...source,
    read(into: Uint8Array, at: number): number {
      const count = source.read(into, at);
      read += count;
      return count;
    },
  };
  const window = new FileWindow(64);
  window.open(counted, LENGTH);
  for (let at = 0; at < LENGTH; at += 7) check(window, at, window.hold(at, 7));
  assert.equal(read, LENGTH);
});

Deno.test("FileWindow.open() turns to another file, of which only the bytes before the end count", () => {
  const window = new FileWindow(64);
  window.open(file(), LENGTH);
  window.hold(500, 10);
  window.open(file(), 40);
  assert.equal(window.hold(35, 10), 5);
  assert.equal(window.hold(40, 1), 0);
  check(window, 35, window.hold(35, 10));
});

Deno.test("FileWindow.hasChanged() sees what was written since, and lets go of what it held", () => {
  const files = new MemoryFiles();
  files.put("a", Uint8Array.of(1, 2, 3, 4, 5, 6));
  const file = files.openRead("a");
  const window = new FileWindow(4);
  window.open(file, 6);
  window.hold(1, 2);
  assert.equal(window.hasChanged(1, 4), false);
  files.openWrite("a").write(Uint8Array.of(9, 2, 3, 9, 5, 9), 0);
  assert.equal(window.hasChanged(1, 2), false);
  assert.equal(window.hasChanged(1, 3), true);
  assert.equal(window.to, 0);
  window.hold(1, 4);
  assert.deepEqual([...window.bytes], [2, 3, 9, 5]);
});

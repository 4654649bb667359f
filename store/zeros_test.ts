import assert from "node:assert/strict";
import { MemoryFiles } from "./file_memory.ts";
import { allZero, isZeroFile } from "./zeros.ts";

Deno.test("allZero() looks at exactly the range, wherever it lies", () => {
  const memory = new Uint8Array(64);
  for (let at = 0; at < 20; at++) {
    for (let length = 0; length < 20; length++) {
      memory.fill(1);
      memory.fill(0, at, at + length);
      const bytes = memory.subarray(3);
      if (at >= 3) assert(allZero(bytes, at - 3, length));
      for (let wrong = at; wrong < at + length; wrong++) {
        memory[wrong] = 0x80;
        assert(!allZero(memory, at, length));
        memory[wrong] = 0;
      }
    }
  }
});

Deno.test("allZero() and isZeroFile() look at long ranges whole", () => {
  const length = 600_001;
  const bytes = new Uint8Array(length);
  assert(allZero(bytes, 0, length));
  bytes[length - 1] = 1;
  assert(!allZero(bytes, 0, length));
  const fs = new MemoryFiles();
  fs.put("a/b", bytes);
  const file = fs.openRead("a/b");
  assert(!isZeroFile(file, length));
  assert(!isZeroFile(file, length * 2));
  assert(isZeroFile(file, length - 1));
  assert(isZeroFile(file, 0));
});

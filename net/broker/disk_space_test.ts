import assert from "node:assert/strict";
import os from "node:os";
import { join } from "node:path";
import { diskSpace, usedRatio } from "./disk_space.ts";

Deno.test("diskSpace() tells of the disk a folder is on", () => {
  const { totalBytes, usedBytes, freeBytes } = diskSpace(os.tmpdir()) ?? assert.fail("unknown");
  assert(totalBytes > 0 && usedBytes > 0 && freeBytes >= 0);
  assert(usedBytes + freeBytes <= totalBytes, "the system may keep a part to itself");
});

Deno.test("diskSpace() of a folder that is not there is unknown", () => {
  assert.equal(diskSpace(join(os.tmpdir(), "no", "such", "folder")), undefined);
});

Deno.test("usedRatio() leaves out what only the system may take", () => {
  assert.equal(usedRatio({ totalBytes: 100, usedBytes: 45, freeBytes: 45 }), 0.5);
  assert.equal(usedRatio({ totalBytes: 100, usedBytes: 95, freeBytes: 0 }), 1);
  assert.equal(usedRatio({ totalBytes: 0, usedBytes: 0, freeBytes: 0 }), 0);
});

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { hindrances, systemAccess } from "./file_access.ts";

const MOUNTS = [
  "20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
  "21 20 8:2 / /data rw,relatime - ext4 /dev/sdb1 ro,errors=remount-ro",
  "22 21 8:3 / /data/the\\040log rw - ext4 /dev/sdc1 rw",
  "23 20 8:1 /x /bound rw - ext4 /dev/sda1 rw",
  "24 23 8:1 /x /bound ro,relatime - ext4 /dev/sda1 rw",
].join("\n");

function asked(mounts: string, isGranted = true) {
  return hindrances({
    grants: () => isGranted,
    mounts: () => mounts,
    real: (path) => path.replace(/^\/link/, "/data"),
  });
}

Deno.test("hindrances() knows a disk that is mounted read-only, by the mount that holds the file", () => {
  const of = asked(MOUNTS);
  const writing = (path: string) => of(path, "write");
  assert.equal(writing("/data/store/lock"), "read-only disk", "the file system");
  assert.equal(writing("/data"), "read-only disk");
  assert.equal(writing("/database/lock"), undefined);
  assert.equal(writing("/data/the log/00000000000000000000"), undefined, "a mount below");
  assert.equal(writing("/bound/store"), "read-only disk", "the later of two at one place");
  assert.equal(writing("/link/store"), "read-only disk", "behind a link");
  assert.equal(of("/data/store/lock", "read"), undefined);
});

Deno.test("hindrances() goes by the rights where no table of mounts is to be had", () => {
  assert.equal(asked("")("/data/store", "write"), undefined);
  assert.equal(asked("", false)("/data/store", "write"), "rights");
  assert.equal(asked(MOUNTS, false)("/other", "read"), "rights");
});

Deno.test("systemAccess() reads mode bits as the system does: they do not bind root", () => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "mq-access-"));
  const file = join(folder, "file");
  fs.writeFileSync(file, "x");
  using access = systemAccess()!;
  const of = access.hindrance;
  const isRoot = process.getuid?.() === 0;
  try {
    assert.equal(of(file, "write"), undefined);
    assert.equal(of(file, "read"), undefined);
    fs.chmodSync(file, 0o400);
    assert.equal(of(file, "write"), isRoot ? undefined : "rights");
    assert.equal(of(file, "read"), undefined);
    fs.chmodSync(file, 0);
    assert.equal(of(file, "read"), isRoot ? undefined : "rights");
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

/**
 * A folder on the disk for a test.
 *
 * @module
 */
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";

/** Makes a folder that is gone when the test is. */
export async function inFolder(test: (directory: string) => Promise<void> | void): Promise<void> {
  const directory = fs.mkdtempSync(join(os.tmpdir(), "mq-test-"));
  try {
    await test(directory);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

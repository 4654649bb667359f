/**
 * Servers for tests of the command line: run in this process, on the disk, and stopped again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { diskFiles } from "../store/file_disk.ts";
import { record, type RecordedRun } from "./recorded_terminal.ts";

/** Runs a server command until `test` is through, and returns what it printed. */
export async function whileRunning(
  args: readonly string[],
  test: (ready: Record<string, string>) => Promise<void> | void,
): Promise<RecordedRun> {
  const ready = Promise.withResolvers<string>();
  const stop = new AbortController();
  const run = record([...args, "-o", "json"], {
    files: diskFiles,
    stop: stop.signal,
    onStdout: ready.resolve,
  });
  try {
    const line = await Promise.race([ready.promise, run.then((it) => it.stderr)]);
    assert(line.startsWith("{"), line);
    await test(JSON.parse(line));
  } finally {
    stop.abort();
    await run;
  }
  return await run;
}

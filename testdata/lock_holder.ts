/**
 * A program for tests: takes the lock of a store and holds it until its standard input ends.
 *
 *     deno run -A testdata/lock_holder.ts PATH
 *
 * Prints `held`, or why it cannot be, on one line.
 *
 * @module
 */
import process from "node:process";
import { lockFile } from "../store/lock.ts";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  const lock = lockFile(process.argv[2]!);
  process.stdin.on("end", () => {
    lock[Symbol.dispose]();
    process.exit(0);
  });
  process.stdin.resume();
  say("held");
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}

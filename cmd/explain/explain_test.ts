import assert from "node:assert/strict";
import { FINDINGS } from "../../store/check/findings.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { knownCode, pageOf } from "./explain.ts";

const CODES = Object.keys(FINDINGS) as (keyof typeof FINDINGS)[];

Deno.test("mq explain prints all that is known of a code, at any width", () => {
  for (const code of CODES) {
    const { about, java, fix, example } = FINDINGS[code];
    for (const columns of [40, 80, 200]) {
      const page = pageOf(code, columns);
      const words = page.replace(/\s+/g, " ").toLowerCase();
      for (const text of [code, about, java, fix, example]) {
        assert(words.includes(text.toLowerCase()), `${code}, ${columns}: ${text}`);
      }
      const long = page.split("\n").filter((line) => line.length > columns);
      assert(long.every((line) => !/\S \S/.test(line.trim()) || line === page.split("\n")[0]));
    }
  }
});

Deno.test("mq explain lists every code once where none is named", async () => {
  const { stdout, exitCode } = await record(["explain", "-o", "jsonl"]);
  assert.equal(exitCode, 0);
  const rows = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(rows.map((row) => row.code), CODES);
  assert.deepEqual(Object.keys(rows[0]), [
    "code",
    "kind",
    "severity",
    "about",
    "java",
    "fix",
    "example",
  ]);
});

Deno.test("mq explain prints pages in the order they were asked for, and JSON of them only", async () => {
  const pages = (await record(["explain", "queue-hole", "log-body-crc"])).stdout;
  assert(pages.indexOf("queue-hole") < pages.indexOf("log-body-crc"));
  const { stdout } = await record(["explain", "queue-hole", "-o", "json"]);
  assert.deepEqual(JSON.parse(stdout).map((row: { code: string }) => row.code), ["queue-hole"]);
  const table = (await record(["explain", "queue-hole", "--fields", "code,severity"])).stdout;
  assert.equal(table, "code\tseverity\nqueue-hole\terror\n");
});

Deno.test("mq explain refuses what is no code, and says what may be meant", async () => {
  const { stdout, stderr, exitCode } = await record(["explain", "queue-hole", "log-body-crcs"]);
  assert.deepEqual([stdout, exitCode], ["", 16]);
  assert.match(stderr, /There is no code "log-body-crcs" \(did you mean log-body-crc\?\)/);
  assert.throws(() => knownCode("toString"), /There is no code "toString";/);
});

import assert from "node:assert/strict";
import fs from "node:fs";
import { record } from "../testdata/recorded_terminal.ts";
import { VERSION } from "./version.ts";

Deno.test("mq version and --version print the version the packages have", async () => {
  const path = new URL("../package.json", import.meta.url);
  assert.equal(JSON.parse(fs.readFileSync(path, "utf8")).version, VERSION);
  assert.equal((await record(["--version"])).stdout, `mq ${VERSION}\n`);
  const { stdout, exitCode } = await record(["version", "-o", "jsonl"]);
  const row = JSON.parse(stdout);
  assert.equal(row.version, VERSION);
  assert.match(row.runtime, /^(deno|bun) \d+\.\d+\.\d+/);
  assert.equal(exitCode, 0);
});

/**
 * Runs tests under the oldest Node the package promises, or another one. Node knows neither `using`
 * nor TypeScript's file names in every version: the tests are translated like the package, into
 * `npm/.work/tests`.
 *
 *     deno task node [--node VERSION] [FILE…]
 *
 * Without files: those of the client and of all it stands on.
 *
 * @module
 */

import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import config from "../deno.json" with { type: "json" };
import { run } from "../testdata/interop/child.ts";
import { NODE_MIN, translate } from "./package.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const FOLDER = path.join(ROOT, "npm/.work/tests");
const ROOMS = ["net/client", "net/namesrv", "net/rpc", "net/wire"];
const PRELOAD = "testdata/node_preload";
/** Where lies what tests read. */
const DATA = "testdata";
const INSTALL_TIMEOUT_MS = 120_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { node: { type: "string", default: NODE_MIN } },
});
const tests = positionals.length > 0 ? positionals : ROOMS.flatMap(testsBelow);
await prepare(tests);
const node = spawn("npx", ["-y", "-p", `node@${values.node}`, "node", ...nodeArgs(tests)], {
  cwd: FOLDER,
  stdio: "inherit",
});
node.on("close", (code) => process.exit(code ?? 1));

function testsBelow(room: string): string[] {
  return fs.readdirSync(path.join(ROOT, room), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("_test.ts"))
    .map((name) => path.join(room, name))
    .sort();
}

/** Translates the tests, installs what they import, and puts the files they read in their place. */
async function prepare(files: readonly string[]): Promise<void> {
  fs.rmSync(FOLDER, { recursive: true, force: true });
  await translate([...files, `${PRELOAD}.ts`], { folder: FOLDER, declaration: false });
  linkData(DATA);
  const packages = Object.values(config.imports).map((target) => target.replace(/^npm:/, ""));
  fs.writeFileSync(path.join(FOLDER, "package.json"), `{"private": true, "type": "module"}\n`);
  await run("npm", ["install", "--silent", "--no-audit", "--no-fund", ...packages], {
    cwd: FOLDER,
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
}

/** Whole folders where nothing was translated into them, single files elsewhere. */
function linkData(folder: string): void {
  for (const entry of fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    const place = path.join(FOLDER, name);
    if (entry.isDirectory() && fs.existsSync(place)) linkData(name);
    else if (!name.endsWith(".ts") && !name.endsWith(".work")) {
      fs.symlinkSync(path.join(ROOT, name), place);
    }
  }
}

function nodeArgs(files: readonly string[]): string[] {
  const modules = files.map((name) => name.replace(/\.ts$/, ".js"));
  return ["--import", `./${PRELOAD}.js`, "--test", "--test-reporter=dot", ...modules];
}

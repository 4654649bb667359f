/**
 * Runs every program of the pages that imports the package, as it stands there but for two things: it
 * imports this tree instead, and its name server is one that the test starts.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ClusterFixture } from "../testdata/cluster_fixture.ts";
import { PACKAGE, PAGE_NAME_SERVER, pagePrograms } from "../testdata/page_programs.ts";

const ROOT = new URL("../", import.meta.url);
const MODULE = new URL("mod.ts", ROOT);
const TIMEOUT_MS = 30_000;

/** What a program prints; whatever stands here not prints nothing, or what the page says. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  "The client": /^[0-9A-F]{32} [0-3] [01]$/,
  Sending: /^\d+ requests$/,
  "Requests and replies": /^42 for apples$/,
  Transactions: /^commit$/,
  Traces: /^sent .* \d+ ms$/,
  Consuming: /^\d+ 0 17 apples$/,
  Pulling: /^1$/,
  Administration: /\bOrders\n[\s\S]*\b1 messages\n17 apples$/,
};

const PROGRAMS = pagePrograms();

/** Brokers at work have the trace topic; without it the first trace would be a moment too early. */
const CONFIG = { enablePropertyFilter: true, traceTopicEnable: true };

/** What the programs of the manual expect to be there. */
async function seed({ client }: ClusterFixture): Promise<void> {
  for (const topic of ["Orders", "Prices"]) {
    await client.admin.createTopic(topic, { readQueues: 4, writeQueues: 4 });
  }
  await using producer = client.producer({ group: "seed" });
  await producer.send({
    topic: "Orders",
    tag: "paid",
    keys: "order-17",
    properties: { price: "12" },
    body: "17 apples",
  });
}

function ofThisTree(code: string): string {
  return code.replaceAll(`"${PACKAGE}"`, `"${MODULE.href}"`);
}

/** Runs a program and gives what it printed. */
async function output(code: string, address: string): Promise<string> {
  assert(code.includes(PAGE_NAME_SERVER), `the program asks no name server at ${PAGE_NAME_SERVER}`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-docs-"));
  const lines: string[] = [];
  const { console: screen } = globalThis;
  const { log } = screen;
  screen.log = (...values: unknown[]) => void lines.push(values.join(" "));
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new Error(`The program still runs after ${TIMEOUT_MS} ms; it printed:\n${lines.join("\n")}`),
    );
  }, TIMEOUT_MS);
  try {
    const file = path.join(folder, "program.ts");
    fs.writeFileSync(file, ofThisTree(code).replaceAll(PAGE_NAME_SERVER, address));
    await Promise.race([import(pathToFileURL(file).href), late]);
    return lines.join("\n");
  } finally {
    clearTimeout(timer);
    screen.log = log;
    fs.rmSync(folder, { recursive: true });
  }
}

for (const { page, title, code, printed } of PROGRAMS) {
  Deno.test(`${page}: the program of "${title}" runs`, async () => {
    await using it = await ClusterFixture.start({ config: CONFIG });
    if (page === "docs/client.md") await seed(it);
    const text = await output(code, it.nameServer.peer);
    if (printed !== undefined) assert.equal(text, printed);
    else assert.match(text, PRINTED[title] ?? /^$/);
  });
}

Deno.test("the pages have programs, and what is said of their output is of one of them", () => {
  const pages = new Set(PROGRAMS.map(({ page }) => page));
  for (const page of ["docs/client.md", "docs/tour.md"]) assert(pages.has(page), page);
  const titles = new Set(PROGRAMS.map(({ title }) => title));
  assert.deepEqual(Object.keys(PRINTED).filter((title) => !titles.has(title)), []);
});

Deno.test({
  name: "the compiler agrees with all programs of the pages",
  // Bun checks no types.
  ignore: process.versions["deno"] === undefined,
  fn: () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-docs-"));
    try {
      const files = PROGRAMS.map(({ code }, number) => {
        const file = path.join(folder, `program_${number}.ts`);
        fs.writeFileSync(file, ofThisTree(code));
        return file;
      });
      const config = fileURLToPath(new URL("deno.json", ROOT));
      const args = ["check", "--quiet", "--config", config, ...files];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      assert.equal(status, 0, stderr);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  },
});

/**
 * The package for npm as its user gets it: packed, installed into an empty folder, checked by the
 * TypeScript compiler and run by each runtime it is made for.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { makePackage } from "../../../npm/package.ts";
import { PAGE_NAME_SERVER, pagePrograms } from "../../page_programs.ts";
import { run } from "../child.ts";
import { freePort } from "../ports.ts";
import type { Stage } from "../stage.ts";

const TIMEOUT_MS = 180_000;
const HOST = "127.0.0.1";
const PROGRAM = new URL("../../../npm/trial_program.ts", import.meta.url);
/** The oldest Node the package promises, and newer ones. */
const NODES = ["22.2.0", "22", "24", "26"];
const TOOLS = ["typescript@6.0.3", "@types/node@22.20.5"];

/** The scenario. */
export async function npm(stage: Stage): Promise<void> {
  if (stage.target !== "mq") {
    stage.report.skip("npm", "it is about the package, not about a target");
    return;
  }
  const folder = stage.folder("npm");
  const play = (title: string, work: () => Promise<unknown>) => played(stage, { title, work });
  const port = await freePort();
  const archive = path.join(folder, "package.tgz");
  const app = path.join(folder, "app");
  const isMade = await play("is built, packed and installed into an empty folder", async () => {
    await pack(folder, archive);
    await install(app, archive);
  });
  if (!isMade) return;
  const isTyped = await play("has types the compiler agrees with", () => compile(app, port));
  if (!isTyped) return;
  const runtimes: Readonly<Record<string, readonly [string, ...string[]]>> = {
    ...Object.fromEntries(NODES.map((version) => [`Node ${version}`, nodeOf(version)])),
    Bun: ["npx", "-y", "bun@1.4.5"],
    Deno: [process.execPath, "run", "-A", "--quiet"],
  };
  for (const [name, command] of Object.entries(runtimes)) {
    await play(`runs on ${name}`, () => runOn(command, app, port));
  }
}

/** Fails the check with what the work throws; says whether it passed. */
async function played(
  stage: Stage,
  { title, work }: { title: string; work: () => Promise<unknown> },
): Promise<boolean> {
  const since = Date.now();
  const differences: string[] = [];
  try {
    await work();
  } catch (error) {
    differences.push(error instanceof Error ? error.message : String(error));
  }
  stage.report.check(`npm: the package ${title}`, differences, since);
  return differences.length === 0;
}

function nodeOf(version: string): [string, ...string[]] {
  return ["npx", "-y", "-p", `node@${version}`, "node"];
}

async function pack(folder: string, archive: string): Promise<void> {
  const made = path.join(folder, "package");
  await makePackage(made);
  await run("npm", ["pack", "--silent", made], { cwd: folder, timeoutMs: TIMEOUT_MS });
  const [packed] = fs.readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  fs.renameSync(path.join(folder, packed ?? "nothing.tgz"), archive);
}

async function install(app: string, archive: string): Promise<void> {
  fs.mkdirSync(app);
  fs.writeFileSync(path.join(app, "package.json"), `{"private": true, "type": "module"}\n`);
  const args = ["install", "--silent", "--no-audit", "--no-fund", archive, ...TOOLS];
  await run("npm", args, { cwd: app, timeoutMs: TIMEOUT_MS });
}

/** Nothing is skipped and no browser's types are there, as in a strict program for Node. */
async function compile(app: string, port: number): Promise<void> {
  fs.copyFileSync(PROGRAM, path.join(app, "program.ts"));
  pagePrograms().forEach(({ code }, number) => {
    const text = code.replaceAll(PAGE_NAME_SERVER, `${HOST}:${port}`);
    fs.writeFileSync(path.join(app, `page_${number}.ts`), text);
  });
  const compilerOptions = {
    target: "es2022",
    lib: ["es2023"],
    module: "nodenext",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
  };
  fs.writeFileSync(
    path.join(app, "tsconfig.json"),
    JSON.stringify({ compilerOptions, include: ["*.ts"] }),
  );
  await run("npx", ["--no-install", "tsc", "-p", "."], { cwd: app, timeoutMs: TIMEOUT_MS });
}

async function runOn(
  command: readonly [string, ...string[]],
  app: string,
  port: number,
): Promise<void> {
  const [program, ...args] = command;
  const data = fs.mkdtempSync(path.join(app, "data-"));
  const timeoutMs = TIMEOUT_MS;
  const pages = pagePrograms().map((_, number) => path.join(app, `page_${number}.js`));
  const asked = [...args, "program.js", data, String(port), ...pages];
  const printed = await run(program, asked, { cwd: app, timeoutMs });
  if (printed.at(-1) !== "all is well") throw new Error(printed.join("\n"));
  const mq = path.join(app, "node_modules", "@mq", "mq", "bin", "mq.js");
  await run(program, [...args, mq, "verify", path.join(data, "store")], { cwd: app, timeoutMs });
}

/**
 * Makes the package for npm: plain JavaScript modules and their types from the same sources, with
 * nothing in them that Node 22 does not have.
 *
 * The compiler only translates here, `deno check` is who checks. It lowers `using`, which Node has
 * from 24 on; the stacks of disposables come from `disposable_stack.ts`.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { run } from "../testdata/interop/child.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** That of Deno 2.9.6: what checks is what translates. */
const TYPESCRIPT = "typescript@6.0.3";
/** The oldest Node it runs on: the first with `crc32` in `node:zlib`. Zstandard it has from 22.15 on. */
export const NODE_MIN = "22.2.0";
const TIMEOUT_MS = 300_000;
/** Module of the stacks, in the source tree and in the package. */
const STACKS = "npm/disposable_stack";
/** What nothing imports by name: the entry, the program and the thread it starts. */
const ENTRIES = ["mod.ts", "cmd/main.ts", "cmd/verify/proof_worker.ts"];
/** Documents that go along. */
const DOCUMENTS = ["README.md", "CHANGELOG.md", "LICENSE", "docs/client.md"];

const PROGRAM = `#!/usr/bin/env node
import process from "node:process";
import { processTerminal } from "../cmd/main.js";
import { run } from "../cmd/program.js";

process.exit(await run(process.argv.slice(2), processTerminal()));
`;

/**
 * Writes the package into a folder, which is emptied first.
 *
 * @throws {Error} when the compiler fails, or what it wrote would not run without it.
 */
export async function makePackage(folder: string): Promise<void> {
  fs.rmSync(folder, { recursive: true, force: true });
  await translate(ENTRIES, { folder, declaration: true });
  const modules = filesBelow(folder, ".js");
  // The program is not for importing.
  for (const file of filesBelow(path.join(folder, "cmd"), ".d.ts")) fs.rmSync(file);
  const types = path.join(folder, "mod.d.ts");
  const needed = `/// <reference lib="esnext.disposable" />\n${fs.readFileSync(types, "utf8")}`;
  fs.writeFileSync(types, needed);
  fs.mkdirSync(path.join(folder, "bin"));
  fs.writeFileSync(path.join(folder, "bin/mq.js"), PROGRAM, { mode: 0o755 });
  for (const name of DOCUMENTS) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.copyFileSync(path.join(ROOT, name), path.join(folder, name));
  }
  fs.writeFileSync(
    path.join(folder, "package.json"),
    `${JSON.stringify(manifest(packagesOf(modules)), undefined, 2)}\n`,
  );
}

/** How sources are translated. */
export interface TranslateOptions {
  /** Where the results lie as the sources do in the tree. */
  readonly folder: string;
  /** Whether types are written, too. */
  readonly declaration: boolean;
}

/** Translates sources, paths below the tree's root, and all they import. */
export async function translate(
  sources: readonly string[],
  { folder, declaration }: TranslateOptions,
): Promise<void> {
  fs.mkdirSync(folder, { recursive: true });
  const settings = path.join(folder, "tsconfig.json");
  fs.writeFileSync(settings, JSON.stringify(compilerSettings(sources, { folder, declaration })));
  await run("npx", ["-y", "-p", TYPESCRIPT, "tsc", "-p", settings], { timeoutMs: TIMEOUT_MS });
  fs.rmSync(settings);
  for (const file of filesBelow(folder, ".js")) edit(file, (text) => runnable(text, file, folder));
  for (const file of filesBelow(folder, ".d.ts")) edit(file, withJsNames);
}

function compilerSettings(
  sources: readonly string[],
  { folder, declaration }: TranslateOptions,
): object {
  return {
    compilerOptions: {
      rootDir: ROOT,
      outDir: folder,
      module: "nodenext",
      target: "es2024",
      lib: ["esnext", "dom"],
      types: [],
      ...config.compilerOptions,
      rewriteRelativeImportExtensions: true,
      resolveJsonModule: true,
      declaration,
      noCheck: true,
    },
    files: [...sources, `${STACKS}.ts`].map((name) => path.join(ROOT, name)),
  };
}

/** What the compiler leaves: names of other modules in `new URL()`, and stacks of the runtime. */
function runnable(text: string, file: string, folder: string): string {
  const named = text.replaceAll(
    /new URL\("(\.[^"]*)\.ts", import\.meta\.url\)/g,
    (_, name: string) => `new URL("${name}.js", import.meta.url)`,
  );
  const own = path.join(folder, `${STACKS}.js`);
  const stacks = ["AsyncDisposableStack", "DisposableStack"].filter((name) => {
    return new RegExp(`\\bnew ${name}\\(`).test(named);
  });
  if (file === own || stacks.length === 0) return named;
  const from = path.relative(path.dirname(file), own).replace(/^(?!\.)/, "./");
  return `import { ${stacks.join(", ")} } from "${from}";\n${named}`;
}

/** Types are looked for beside the module that is named. */
function withJsNames(text: string): string {
  return text.replaceAll(/(\bfrom |\bimport\()"(\.[^"]*)\.ts"/g, `$1"$2.js"`);
}

/** Names of the packages that modules import. */
function packagesOf(files: readonly string[]): string[] {
  const names = files.flatMap((file) => {
    const code = fs.readFileSync(file, "utf8").replaceAll(/^\s*\*.*$/gm, "");
    return [...code.matchAll(/\b(?:from|import) "((?:@[\w-]+\/)?[\w-]+)"/g)].map((it) => it[1]!);
  });
  return [...new Set(names)].sort();
}

function manifest(packages: readonly string[]): object {
  // commander is what @commander-js/extra-typings gives types to, and is not imported itself.
  const wanted = packages.flatMap((it) => it.startsWith("@commander-js/") ? [it, "commander"] : it);
  const versions = new Map(
    Object.entries(config.imports).map(([name, target]) => [name, target.split("@").at(-1)!]),
  );
  return {
    name: config.name,
    version: config.version,
    description: "Apache RocketMQ for TypeScript: client, name server, broker, tools for stores",
    license: config.license,
    type: "module",
    engines: { node: `>=${NODE_MIN}` },
    exports: {
      ".": { types: "./mod.d.ts", default: "./mod.js" },
      "./package.json": "./package.json",
    },
    bin: { mq: "./bin/mq.js" },
    files: ["bin", "cmd", "docs", "net", "npm", "store", "deno.json", "mod.*", "CHANGELOG.md"],
    dependencies: Object.fromEntries(wanted.map((name) => [name, versions.get(name)])),
  };
}

function filesBelow(folder: string, ending: string): string[] {
  return fs.readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(folder, name));
}

function edit(file: string, change: (text: string) => string): void {
  const text = fs.readFileSync(file, "utf8");
  const changed = change(text);
  if (changed !== text) fs.writeFileSync(file, changed);
}

/**
 * The tidy test: what `ARCHITECTURE.md` says about the tree holds of the tree. A rule that cannot be
 * checked here is a wish.
 *
 * @module
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { documents } from "./testdata/documents.ts";

const ROOT = dirname(fileURLToPath(import.meta.url));
const LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;
const SKIPPED = new Set(["node_modules", ".git", ".work", "mq-data"]);

interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

function filesBelow(folder: string): string[] {
  return fs.readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !SKIPPED.has(entry.name))
    .sort((one, other) => one.name < other.name ? -1 : 1)
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}

const ALL_FILES = filesBelow("");
const SOURCES: readonly Source[] = ALL_FILES.filter((path) => path.endsWith(".ts")).map((path) => {
  const text = fs.readFileSync(join(ROOT, path), "utf8");
  return { path, text, lines: text.split("\n") };
});
const PRODUCT = SOURCES.filter(({ path }) => {
  return /^(store|net|cmd)\//.test(path) && !/_(test|bench)\.ts$/.test(path);
});

/** Fails with every offence, not only the first. */
function none(offences: readonly string[], rule: string): void {
  assert.equal(offences.length, 0, `${rule}:\n  ${offences.join("\n  ")}`);
}

function importsOf(source: Source): string[] {
  // Examples in comments are programs of their own.
  const code = source.lines.filter((line) => !/^\s*\*/.test(line)).join("\n");
  return [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([\w.@/:-]+)"/g)].map((it) => it[1]!);
}

/** What one file takes from another of the project. */
interface Link {
  readonly target: string;
  /** Names as the other file has them; `*` for whatever it has. */
  readonly names: readonly string[];
  /** Whether the other file must have run first. */
  readonly isNeeded: boolean;
}

/** Imports and exports of other files, and imports made while the program runs. */
function linksOf({ path, lines }: Source): Link[] {
  const code = lines.filter((line) => !/^\s*\*/.test(line)).join("\n");
  // The package for npm has the same files in JavaScript.
  const targetOf = (name: string) => join(dirname(path), name.replace(/\.js$/, ".ts"));
  const fixed = code.matchAll(
    /^(?:import|export) (type )?(?:\{([^}]*)\}|\*.*?) from "(\.[^"]*)"/gm,
  );
  const later = code.matchAll(/\bimport\(\s*"(\.[^"]*)"/g);
  return [
    ...[...fixed].map(([, type, list, name]) => {
      const taken = (list ?? "*").split(",").map((it) => it.trim()).filter((it) => it !== "");
      return {
        target: targetOf(name!),
        names: taken.map((it) => it.replace(/^type /, "").replace(/ as .*/, "")),
        isNeeded: type === undefined && taken.some((it) => !it.startsWith("type ")),
      };
    }),
    ...[...later].map(([, name]) => ({ target: targetOf(name!), names: ["*"], isNeeded: false })),
  ];
}

const LINKS: ReadonlyMap<string, readonly Link[]> = new Map(
  SOURCES.map((source) => [source.path, linksOf(source)]),
);

/** Folder of a project file that decides what it may import. */
function roomOf(path: string): string {
  const parts = dirname(path).split("/");
  return parts[0] === "net" ? parts.slice(0, 2).join("/") : parts[0]!;
}

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  store: ["store"],
  "net/wire": ["net/wire", "store"],
  "net/rpc": ["net/rpc", "net/wire"],
  "net/namesrv": ["net/namesrv", "net/rpc", "net/wire", "store"],
  "net/client": ["net/client", "net/rpc", "net/wire", "store"],
  "net/broker": ["net/broker", "net/rpc", "net/wire", "store"],
  cmd: ["cmd", "net/broker", "net/namesrv", "net/client", "net/rpc", "net/wire", "store", "."],
};

/** What rooms above the store may take without opening one: codecs, file access, how pages look. */
const STORE_CODECS = new Set([
  "body.ts",
  "config_file.ts",
  "fast_json.ts",
  "file.ts",
  "file_disk.ts",
  "format.ts",
  "hash.ts",
  "host.ts",
  "inner_batch.ts",
  "layout.ts",
  "markdown.ts",
  "message.ts",
  "message_id.ts",
  "properties.ts",
  "save_turn.ts",
]);

Deno.test("rooms import only what lies below them", () => {
  const offences: string[] = [];
  for (const source of PRODUCT) {
    const room = roomOf(source.path);
    for (const name of importsOf(source).filter((it) => it.startsWith("."))) {
      const target = relative(ROOT, join(ROOT, dirname(source.path), name));
      const targetRoom = roomOf(target);
      const allowed = MAY_IMPORT[room]?.includes(targetRoom) ?? false;
      const codecOnly = targetRoom === "store" && /^net\/(wire|namesrv|client)$/.test(room);
      if (!allowed || (codecOnly && !STORE_CODECS.has(basename(target)))) {
        offences.push(`${source.path} imports ${target}`);
      }
    }
  }
  none(offences, "imports point one way: cmd → net → store");
});

Deno.test("no import leads back to where it began", () => {
  const offences: string[] = [];
  const isDone = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const from = trail.indexOf(path);
    if (from >= 0) offences.push([...trail.slice(from), path].join(" → "));
    if (from >= 0 || isDone.has(path)) return;
    for (const { target, isNeeded } of LINKS.get(path) ?? []) {
      if (isNeeded) visit(target, [...trail, path]);
    }
    isDone.add(path);
  };
  for (const path of LINKS.keys()) visit(path, []);
  none(offences, "modules are loaded one after the other");
});

Deno.test("what is exported is imported somewhere", () => {
  const taken = new Set(
    [...LINKS.values()].flat().flatMap(({ target, names }) => names.map((it) => `${target} ${it}`)),
  );
  // Those of `npm/` are taken by what it writes.
  const others = SOURCES.filter(({ path }) => !path.startsWith("npm/"));
  const offences = others.flatMap(({ path, text }) =>
    [...text.matchAll(/^export (?:async )?(?:function\*?|const) (\w+)/gm)]
      .filter(([, name]) => !taken.has(`${path} ${name}`) && !taken.has(`${path} *`))
      .map(([, name]) => `${path} exports ${name}`)
  );
  none(offences, "an export is for others");
});

/** Modules with side effects on the machine, and the only files that may import each. */
const GUARDED: readonly { readonly module: RegExp; readonly files: RegExp }[] = [
  {
    module: /^node:fs/,
    files: /^(store\/(file_disk|lock)\.ts|net\/broker\/disk_space\.ts|cmd\/.*)$/,
  },
  {
    module: /^node:net$/,
    files: /^(net\/rpc\/.*|net\/broker\/broker_config\.ts|store\/host\.ts)$/,
  },
  { module: /^node:child_process$/, files: /^cmd\/reading\/body_decoder\.ts$/ },
];

Deno.test("files, sockets and processes are touched in their rooms only", () => {
  const offences: string[] = [];
  for (const source of PRODUCT) {
    for (const name of importsOf(source)) {
      const guard = GUARDED.find((it) => it.module.test(name));
      if (guard !== undefined && !guard.files.test(source.path)) {
        offences.push(`${source.path} imports ${name}`);
      }
    }
    const usesDeno = source.lines.some((line) =>
      !/^\s*(\*|\/\/)/.test(line) && /\bDeno\./.test(line)
    );
    if (usesDeno && !/^(net\/rpc\/socket|cmd\/)/.test(source.path)) {
      offences.push(`${source.path} uses Deno's own API`);
    }
  }
  none(offences, "each module has its room");
});

Deno.test("only pinned packages are imported, and Bun installs the same ones", () => {
  const deno = JSON.parse(fs.readFileSync(join(ROOT, "deno.json"), "utf8"));
  const bun = JSON.parse(fs.readFileSync(join(ROOT, "package.json"), "utf8"));
  const pinned = Object.fromEntries(
    Object.entries(deno.imports as Record<string, string>).map(([name, target]) => {
      const match = /^npm:(.+)@(\d+\.\d+\.\d+)$/.exec(target);
      assert(match !== null && match[1] === name, `${name} is not pinned: ${target}`);
      return [name, match[2]];
    }),
  );
  assert.deepEqual({ ...bun.dependencies, ...bun.devDependencies }, pinned);
  const known = Object.keys(pinned);
  const offences = PRODUCT.flatMap((source) =>
    importsOf(source)
      .filter((name) => !name.startsWith(".") && !name.startsWith("node:") && name !== "bun")
      .filter((name) => !known.includes(name))
      .map((name) => `${source.path} imports ${name}`)
  );
  none(offences, "packages come from the import map");
});

Deno.test("files and functions fit the eye", () => {
  const offences: string[] = [];
  for (const { path, lines } of SOURCES) {
    if (lines.length - 1 > LINES_MAX) offences.push(`${path} has ${lines.length - 1} lines`);
    lines.forEach((line, at) => {
      const start =
        /^( {0,2})(?:export )?(?:default )?(?:static |readonly )*(?:async )?\*?(?:function\b.*|[#\w]+(?:<.*>)?\(.*|\)(?:: .*)?) \{$/
          .exec(line);
      if (start === null || /^\s*(if|for|while|switch|return)\b/.test(line)) return;
      const length = lines.slice(at).findIndex((it) =>
        it === `${start[1]}}` || it === `${start[1]}},`
      );
      if (length > FUNCTION_LINES_MAX) offences.push(`${path}:${at + 1} has ${length} lines`);
    });
  }
  none(offences, `at most ${LINES_MAX} lines a file, ${FUNCTION_LINES_MAX} a function`);
});

const BANNED = /(utils?|common|helpers?|manager|service|impl)/i;

Deno.test("names say what a thing is", () => {
  const offences: string[] = [];
  for (const { path, lines } of SOURCES) {
    const words = basename(path, ".ts").split("_");
    if (words.some((word) => new RegExp(`^${BANNED.source}$`, "i").test(word))) offences.push(path);
    lines.forEach((line, at) => {
      const declared = /^\s*(?:export )?(?:abstract )?(?:class|function|interface|type) (\w+)/.exec(
        line,
      );
      const parts = (declared?.[1] ?? "").split(/(?=[A-Z])/);
      if (parts.some((part) => new RegExp(`^${BANNED.source}$`, "i").test(part))) {
        offences.push(`${path}:${at + 1} ${declared![1]}`);
      }
    });
  }
  none(offences, "words that say nothing");
});

Deno.test("every module has its test beside it", () => {
  const paths = new Set(SOURCES.map(({ path }) => path));
  const offences = PRODUCT
    .filter(({ text }) => /^export (async )?(function|class|const)\b/m.test(text))
    .map(({ path }) => path)
    .filter((path) => !paths.has(path.replace(/\.ts$/, "_test.ts")));
  none(offences, "modules without a test");
});

Deno.test("every file says what it owns", () => {
  const offences = SOURCES
    .filter(({ path }) => !/_(test|bench)\.ts$/.test(path) && !path.startsWith("testdata/"))
    .filter(({ text }) => !/^(#!.*\n)?\/\*\*[\s\S]*?@module\s*\*\//.test(text))
    .map(({ path }) => path);
  none(offences, "files without a header");
});

Deno.test("the map of store/ has every module, and no other", () => {
  const map = fs.readFileSync(join(ROOT, "store/README.md"), "utf8");
  const named = [...map.matchAll(/`(\w+)`/g)].map(([, name]) => name!).sort();
  const modules = PRODUCT.filter(({ path }) => dirname(path) === "store")
    .map(({ path }) => basename(path, ".ts")).sort();
  assert.deepEqual(named, modules);
});

Deno.test("examples fail where they are wrong", () => {
  // Under Deno it prints a line, and the example passes.
  const weak = "console" + ".assert";
  const offences = ALL_FILES.filter((path) => /\.(ts|md)$/.test(path))
    .filter((path) => fs.readFileSync(join(ROOT, path), "utf8").includes(weak));
  none(offences, `${weak} asserts nothing`);
});

Deno.test("nothing is left open and nothing points outside the tree", () => {
  const offences: string[] = [];
  const host = [
    "repo.maven" + ".apache",
    "registry.npm" + "js",
    "proxy" + ".golang",
    "jsr" + ".io",
  ];
  for (const path of ALL_FILES) {
    if (!/\.(ts|md|json|java|go|mod|txt|run)$/.test(path) || path.startsWith("testdata/stores")) {
      continue;
    }
    if (path === "mod_test.ts" || path === "deno.lock") continue;
    fs.readFileSync(join(ROOT, path), "utf8").split("\n").forEach((line, at) => {
      const place = `${path}:${at + 1}`;
      if (/\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b/.test(line)) {
        offences.push(`${place} leaves something open`);
      }
      if (/(^|[^\w.\-])\/(work|root|home)\//.test(line)) {
        offences.push(`${place} names a machine's path`);
      }
      if (host.some((it) => line.includes(it))) offences.push(`${place} names a registry's host`);
    });
  }
  none(offences, "the project stands alone and finished");
});

Deno.test("generated documents are fresh", async () => {
  for (const [name, text] of Object.entries(await documents())) {
    const found = fs.readFileSync(join(ROOT, name), "utf8");
    assert.equal(found, text, `${name} is stale: run \`deno task docs\``);
  }
});

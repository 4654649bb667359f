import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fs from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { MemoryFiles } from "../store/file_memory.ts";
import { mountStore, record } from "../testdata/recorded_terminal.ts";

/**
 * A case is text: `# why`, `% what is done to the files before`, `$ a command line`, then what it
 * prints, lines of standard error after `2> `, and `exit N`. `UPDATE=1` writes what is printed now.
 */
const CASES = fileURLToPath(new URL("../testdata/cases/", import.meta.url));

const decode = (text: string) => text.replaceAll("\\n", "\n");

const SETUP: Readonly<Record<string, (files: MemoryFiles, ...words: string[]) => void>> = {
  store: (files, root, name, tree) =>
    mountStore(files, root!, {
      name: name!,
      tree: tree === "after-java-recovery" ? tree : "recorded",
    }),
  text: (files, path, ...words) => files.put(path!, Buffer.from(decode(words.join(" ")))),
  folder: (files, path) => files.makeDirectory(path!),
  copy: (files, from, to) => files.put(to!, files.snapshot().get(from!)!),
  remove: (files, path) => files.remove(path!),
  flip: (files, path, at) => files.flip(path!, Number(at)),
  zero: (files, path, at, length) => files.zero(path!, Number(at), Number(length)),
  cut: (files, path, size) => files.cut(path!, Number(size)),
};

async function play(text: string): Promise<string> {
  const files = new MemoryFiles();
  const mounted = new Set<string>();
  let env: Record<string, string> = {};
  let isTty = false;
  const played: string[] = [];
  for (const line of givenLines(text)) {
    for (const [, name] of line.matchAll(/\bstores\/([^\s/]+)/g)) {
      if (!mounted.has(name!)) mountStore(files, `stores/${name}`, { name: name! });
      mounted.add(name!);
    }
    const words = wordsOf(line);
    if (line.startsWith("% env")) env = { ...env, [words[2]!]: words[3]! };
    else if (line.startsWith("% tty")) isTty = true;
    else if (line.startsWith("%")) SETUP[words[1]!]!(files, ...words.slice(2));
    played.push(line);
    if (!line.startsWith("$")) continue;
    const { stdout, stderr, exitCode } = await record(words.slice(2), { files, env, isTty });
    played.push(stdout + stderr.replace(/^(?=.)/gm, "2> ") + `exit ${exitCode}`);
  }
  return played.join("\n").replace(/\n*$/, "\n");
}

/** The lines of a case without what its commands print, which ends with `exit N`. */
function givenLines(text: string): string[] {
  let isPrinted = false;
  return text.split("\n").filter((line) => {
    const isGiven = !isPrinted;
    if (isGiven) isPrinted = line.startsWith("$");
    else isPrinted = !/^exit \d+$/.test(line);
    return isGiven;
  });
}

function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

for (const name of fs.readdirSync(CASES).sort()) {
  Deno.test(`mq prints what ${name} expects`, async () => {
    const expected = fs.readFileSync(CASES + name, "utf8");
    const played = await play(expected);
    if (process.env.UPDATE === "1") fs.writeFileSync(CASES + name, played);
    else assert.equal(played, expected);
  });
}

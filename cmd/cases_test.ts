import assert from "node:assert/strict";
import fs from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { PlayedCase } from "../testdata/played_case.ts";

/**
 * A case is text: `# why`, `% what is done to the files before`, `$ a command line`, then what it
 * prints, lines of standard error after `2> `, and `exit N`. `UPDATE=1` writes what is printed now.
 */
const CASES = fileURLToPath(new URL("../testdata/cases/", import.meta.url));

async function play(text: string): Promise<string> {
  const it = new PlayedCase();
  const played: string[] = [];
  for (const line of givenLines(text)) {
    if (line.startsWith("%")) it.setUp(line.slice(1).trim());
    played.push(line);
    if (!line.startsWith("$")) continue;
    const { stdout, stderr, exitCode } = await it.run(line.slice(1).trim());
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

for (const name of fs.readdirSync(CASES).sort()) {
  Deno.test(`mq prints what ${name} expects`, async () => {
    const expected = fs.readFileSync(CASES + name, "utf8");
    const played = await play(expected);
    if (process.env.UPDATE === "1") fs.writeFileSync(CASES + name, played);
    else assert.equal(played, expected);
  });
}

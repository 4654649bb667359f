import assert from "node:assert/strict";
import fs from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { PlayedCase } from "../testdata/played_case.ts";

/**
 * The runbook is played from top to bottom: `<!-- % … -->` sets files up as the cases do, and begins a
 * new incident where it mounts a store; in `console` blocks stand command lines and what they print,
 * `# exit N` behind those that do not end with 0. `UPDATE=1` writes what is printed now.
 */
const RUNBOOK = fileURLToPath(new URL("../docs/runbook.md", import.meta.url));

interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

function sectionsOf(text: string): Section[] {
  return text.split(/^(?=## )/m).map((part) => {
    const lines = part.split("\n");
    return { title: lines[0]!.replace(/^## /, ""), lines };
  });
}

async function play({ lines }: Section): Promise<string> {
  const it = new PlayedCase({ isTty: true, isErrTty: false });
  const played: string[] = [];
  let isConsole = false;
  let isPrinted = false;
  for (const line of lines) {
    const setup = /^<!-- % (.*) -->$/.exec(line);
    if (setup !== null) it.setUp(setup[1]!);
    if (line === "```console") isConsole = true;
    else if (line === "```") isConsole = isPrinted = false;
    if (isConsole && line.startsWith("$")) {
      if (isPrinted) played.push("");
      played.push(line);
      if (line.startsWith("$ mq ")) played.push(...await printed(it, line.slice(2)));
      isPrinted = true;
    } else if (!isPrinted) played.push(line);
  }
  return played.join("\n");
}

async function printed(it: PlayedCase, line: string): Promise<string[]> {
  const { stdout, stderr, exitCode } = await it.run(line);
  const lines = (stdout + stderr).trimEnd();
  return [
    ...(lines === "" ? [] : lines.split("\n").map((text) => text.trimEnd())),
    ...(exitCode === 0 ? [] : [`# exit ${exitCode}`]),
  ];
}

const text = fs.readFileSync(RUNBOOK, "utf8");
const written: string[] = [];
for (const section of sectionsOf(text)) {
  Deno.test(`the runbook shows what mq prints: ${section.title}`, async () => {
    const played = await play(section);
    if (process.env.UPDATE !== "1") return assert.equal(played, section.lines.join("\n"));
    written.push(played);
    fs.writeFileSync(
      RUNBOOK,
      [...written, ...sectionsOf(text).slice(written.length).map((it) => it.lines.join("\n"))].join(
        "",
      ),
    );
  });
}

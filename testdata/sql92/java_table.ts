/**
 * What a Java release makes of SQL92 expressions, and what this project does, in the same letters.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  NOT_COMPARABLE,
  SqlFilter,
  type SqlRelease,
  SqlSyntaxError,
} from "../../store/filter/sql_filter.ts";
import { javaKit } from "../interop/toolchain.ts";
import type { Properties } from "./expressions.ts";

/** What stands in a table for an expression that is refused. */
const REFUSED = "refused";

const PROGRAM = path.join(import.meta.dirname ?? ".", "../java/Sql92Table.java");

/**
 * For each expression `REFUSED`, or a letter a message: T, F, N for NULL, X where it failed. Needs a
 * JDK; the libraries of the release are fetched where they are not there.
 */
export async function javaOutcomes(
  release: SqlRelease,
  { texts, messages }: { texts: readonly string[]; messages: readonly Properties[] },
): Promise<string[]> {
  const input = [
    ...messages.map((message) => {
      const pairs = Object.entries(message).map((pair) => pair.map(encodeURIComponent).join("="));
      return `M ${pairs.join("&")}`;
    }),
    ...texts.map((text) => `E ${encodeURIComponent(text)}`),
  ];
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-sql92-"));
  try {
    fs.writeFileSync(path.join(folder, "in"), input.map((line) => `${line}\n`).join(""));
    await runJava(release, { args: [], folder });
    return fs.readFileSync(path.join(folder, "out"), "utf8").trimEnd().split("\n");
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** How fast Java evaluates the expression of `sql_filter_bench.ts`, as it says it. */
export async function javaSpeed(release: SqlRelease): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-sql92-"));
  try {
    fs.writeFileSync(path.join(folder, "in"), "");
    await runJava(release, { args: ["bench"], folder });
    return fs.readFileSync(path.join(folder, "out"), "utf8").trim();
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Runs the Java program from the file `in` to the file `out`: both are larger than pipes hold. */
async function runJava(
  release: SqlRelease,
  { args, folder }: { args: readonly string[]; folder: string },
): Promise<void> {
  const { java, classPath } = await javaKit(release);
  const input = fs.openSync(path.join(folder, "in"), "r");
  const output = fs.openSync(path.join(folder, "out"), "w");
  try {
    const child = spawn(java, ["-cp", classPath, PROGRAM, ...args], {
      stdio: [input, output, "inherit"],
    });
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`Cannot run ${PROGRAM}: it ended with ${code}`);
  } finally {
    fs.closeSync(input);
    fs.closeSync(output);
  }
}

/** The same of this project. */
export function ourOutcomes(
  text: string,
  { release, messages }: { release: SqlRelease; messages: readonly Properties[] },
): string {
  let filter: SqlFilter;
  try {
    filter = SqlFilter.parse(text, { release, trailing: "ignored" });
  } catch (error) {
    if (error instanceof SqlSyntaxError) return REFUSED;
    throw error;
  }
  return messages.map((message) => {
    const result = filter.evaluate((name) => message[name]);
    if (result === NOT_COMPARABLE) return "X";
    return result === undefined ? "N" : result ? "T" : "F";
  }).join("");
}

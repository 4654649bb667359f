/**
 * How a Java release shares queues.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { javaKit, type JavaVersion } from "../interop/toolchain.ts";
import { type Group, lineOf } from "./groups.ts";

const PROGRAM = path.join(import.meta.dirname ?? ".", "../java/AllocateTable.java");

/**
 * A row for each group. Needs a JDK; the libraries of the release are fetched where they are not there.
 */
export async function javaRows(release: JavaVersion, groups: readonly Group[]): Promise<string[]> {
  const { java, classPath } = await javaKit(release);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-allocate-"));
  try {
    // Both are larger than pipes hold.
    const [input, output] = [path.join(folder, "in"), path.join(folder, "out")];
    fs.writeFileSync(input, groups.map((group) => `${lineOf(group)}\n`).join(""));
    const stdio = [fs.openSync(input, "r"), fs.openSync(output, "w"), "ignore"] as const;
    try {
      // The client logs to files at home.
      const args = [`-Duser.home=${folder}`, "-cp", classPath, PROGRAM];
      const child = spawn(java, args, { stdio: [...stdio] });
      const [code] = await once(child, "exit");
      if (code !== 0) throw new Error(`Cannot run ${PROGRAM}: it ended with ${code}`);
    } finally {
      fs.closeSync(stdio[0]);
      fs.closeSync(stdio[1]);
    }
    return fs.readFileSync(output, "utf8").trimEnd().split("\n");
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

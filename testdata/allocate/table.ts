/**
 * The table of what Java's strategies come to.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { DIGITS, STRATEGIES } from "./groups.ts";

/** Its file. */
export const TABLE = "table.bin";
/** Where its groups come from. */
export const SEED = 7;
/** Groups in it. */
export const COUNT = 10_000;

/** A row for each group, in hexadecimal digits. */
export function readTable(): string[] {
  const hex = fs.readFileSync(path.join(import.meta.dirname ?? ".", TABLE)).toString("hex");
  const length = STRATEGIES.length * DIGITS;
  return Array.from({ length: hex.length / length }, (_, at) => {
    return hex.slice(at * length, (at + 1) * length);
  });
}

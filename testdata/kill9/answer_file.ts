/**
 * The file in which a program that is to be killed writes down what was acknowledged, a line each. A
 * kill may tear its last line, whose answer then counts as one that never came.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import fs from "node:fs";

/** The whole lines of the file; none where there is no file. */
export function answersIn(path: string): string[] {
  return fs.existsSync(path) ? fs.readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

/** Opens the file for more lines, and cuts off a torn one, which the next would go on with. */
export function openAnswers(path: string): number {
  const file = fs.openSync(path, "a");
  const whole = answersIn(path).map((line) => `${line}\n`).join("");
  fs.ftruncateSync(file, Buffer.byteLength(whole));
  return file;
}

/**
 * `--delay`: a level, `3`, or a time, `10s`.
 *
 * @module
 */
import { InvalidArgumentError } from "@commander-js/extra-typings";

/** When a message is to be delivered after it was sent. */
export type Delay = { readonly delayLevel: number } | { readonly delayMs: number };

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Times of the levels where nobody changed them (Java: `messageDelayLevel`). */
const LEVELS_MS = [
  ...[1, 5, 10, 30].map((seconds) => seconds * UNIT_MS["s"]!),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30].map((minutes) => minutes * UNIT_MS["m"]!),
  ...[1, 2].map((hours) => hours * UNIT_MS["h"]!),
];

const LEVEL_MAX = 2 ** 31 - 1;

/** What comes of a level that brokers with default levels do not have, or undefined. */
export function describeFarLevel(delayLevel: number | undefined): string | undefined {
  if (delayLevel === undefined || delayLevel <= LEVELS_MS.length) return undefined;
  return `level ${delayLevel} is past the ${LEVELS_MS.length} a broker has by default: one that ` +
    "has no more takes it as its last, by default 2h";
}

/**
 * Reads a delay. A time that a level has becomes that level, which brokers of all releases know; any
 * other needs the timer of 5.x.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseDelay } from "./delay_option.ts";
 *
 * assert.deepEqual(parseDelay("10s"), { delayLevel: 3 });
 * assert.deepEqual(parseDelay("12s"), { delayMs: 12_000 });
 * ```
 */
export function parseDelay(text: string): Delay {
  if (/^\d+$/.test(text)) {
    const delayLevel = Number(text);
    if (delayLevel >= 1 && delayLevel <= LEVEL_MAX) return { delayLevel };
    throw new InvalidArgumentError("A level is 1 or more.");
  }
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) {
    throw new InvalidArgumentError("It must be a level, such as 3, or a time, such as 10s.");
  }
  const delayMs = Math.round(Number(number) * UNIT_MS[unit]!);
  if (delayMs < 1) throw new InvalidArgumentError("It must be 1ms or more.");
  const level = LEVELS_MS.indexOf(delayMs);
  return level < 0 ? { delayMs } : { delayLevel: level + 1 };
}

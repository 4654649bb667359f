/**
 * The delay levels: how long a message waits that asks for level 1, 2 and so on (Java:
 * `messageDelayLevel`).
 *
 * @module
 */

import { SCHEDULE_TOPIC } from "../wire/topic_names.ts";
import { parseInt32 } from "../wire/header.ts";
import { Refusal } from "../rpc/refusal.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads levels such as `1s 5s 10m 2h`; level 1 comes first.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseDelayLevels } from "./delay_levels.ts";
 *
 * assert.deepEqual(parseDelayLevels("1s 5m"), [1000, 300_000]);
 * ```
 *
 * @throws {SyntaxError} if a level is no number with one of the units s, m, h and d.
 */
export function parseDelayLevels(text: string): number[] {
  return text.trim().split(/ +/).map((level) => {
    const count = /^(\d{1,9})([smhd])$/.exec(level);
    if (count === null) {
      throw new SyntaxError(
        `Cannot parse delay levels: "${level}" is not such as 10s, 5m, 2h or 1d`,
      );
    }
    return Number(count[1]) * UNIT_MS[count[2]!]!;
  });
}

/**
 * The level a message asks for by its property DELAY; 0 and less is none.
 *
 * @throws {Refusal} if the text is no number.
 */
export function delayLevelOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const level = parseInt32(text);
  if (level !== undefined) return level;
  throw new Refusal("SYSTEM_ERROR", `NumberFormatException: For input string: "${text}"`);
}

/** Where a message of a level waits. Levels past the last count as the last. */
export function waitingPlace(
  level: number,
  levelCount: number,
): { readonly topic: string; readonly queueId: number; readonly level: number } {
  const capped = Math.min(level, levelCount);
  return { topic: SCHEDULE_TOPIC, queueId: capped - 1, level: capped };
}

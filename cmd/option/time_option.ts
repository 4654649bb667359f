/**
 * Points in time on the command line: ISO 8601, time ago or to come, epoch milliseconds. Without a zone a time
 * is UTC, as everything `mq` prints.
 *
 * @module
 */
import { Failure, usageFailure } from "../failure.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;
const ISO_TIME =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?$/i;
/** Other times in digits alone: as milliseconds they lie in January 1970, or centuries from now. */
const SECONDS = /^1\d{9}$/;
const DIGITS_OF_DATE = /^(20\d{2})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?$/;

/**
 * Reads a point in time. Throws a usage failure for anything else.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseTime } from "./time_option.ts";
 *
 * assert(parseTime("-1h", 7_200_000) === 3_600_000);
 * assert(parseTime("1970-01-01T01:00", 0) === 3_600_000);
 * ```
 */
export function parseTime(text: string, nowMs: number): number {
  const trimmed = text.trim();
  if (trimmed === "now") return nowMs;
  if (/^\d+$/.test(trimmed)) return epochMs(trimmed);
  const [, distance, unit] = /^([-+]\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(trimmed) ?? [];
  if (unit !== undefined) return Math.round(nowMs + Number(distance) * UNIT_MS[unit]!);
  const time = isoMs(trimmed);
  if (time !== undefined) return time;
  throw usageFailure(
    `"${text}" is no time; write 2026-11-21T09:16, -1h, or milliseconds since 1970 (mq help time)`,
  );
}

/** A range of times, both ends included. */
export interface TimeRange {
  readonly since: number;
  readonly until: number;
}

/** Reads `--since` and `--until`; an end that is not given is open. */
export function timeRangeOf(
  options: { readonly since?: string | undefined; readonly until?: string | undefined },
  nowMs: number,
): TimeRange {
  const timeOf = (option: "since" | "until") => {
    const text = options[option];
    try {
      return text === undefined ? undefined : parseTime(text, nowMs);
    } catch (error) {
      throw error instanceof Failure ? usageFailure(`--${option}: ${error.message}`) : error;
    }
  };
  const [since, until] = [timeOf("since") ?? -Infinity, timeOf("until") ?? Infinity];
  if (since > until) throw usageFailure("--since is later than --until");
  return { since, until };
}

/** Whether a time lies in a range. */
export function isWithin(range: TimeRange, timeMs: number): boolean {
  return timeMs >= range.since && timeMs <= range.until;
}

function epochMs(text: string): number {
  if (SECONDS.test(text)) {
    throw usageFailure(`"${text}" are seconds since 1970; in milliseconds that is ${text}000`);
  }
  const [, year, month, day, hour, minute, second] = DIGITS_OF_DATE.exec(text) ?? [];
  const date = `${year}-${month}-${day}` +
    (hour === undefined ? "" : `T${hour}:${minute}:${second}`);
  if (year !== undefined && isoMs(date) !== undefined) {
    throw usageFailure(`"${text}" is a number of milliseconds since 1970; write ${date}`);
  }
  const time = Number(text);
  if (Number.isSafeInteger(time)) return time;
  throw usageFailure(`"${text}" is no time: milliseconds since 1970 have at most 16 digits`);
}

function isoMs(text: string): number | undefined {
  const date = ISO_DATE.test(text) ? `${text}T00:00:00Z` : undefined;
  const [, day, clock, zone = "Z"] = ISO_TIME.exec(text) ?? [];
  if (date === undefined && day === undefined) return undefined;
  if (!isDay(day ?? text)) return undefined;
  const time = Date.parse(date ?? `${day}T${clock!.replace(",", ".")}${colonZone(zone)}`);
  return Number.isNaN(time) ? undefined : time;
}

/** Whether the calendar has a day: to the runtime, 31 November is 1 December. */
function isDay(text: string): boolean {
  const midnight = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(text);
}

function colonZone(zone: string): string {
  const plain = /^([+-]\d{2})(\d{2})$/.exec(zone);
  return plain === null ? zone.toUpperCase() : `${plain[1]}:${plain[2]}`;
}

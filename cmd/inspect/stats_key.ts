/**
 * The option `--stats [by]`: by what messages are counted.
 *
 * @module
 */
import { usageFailure } from "../failure.ts";

/** By what messages may be counted. */
const STATS_KEYS = ["all", "topic", "queue", "hour", "producer"] as const;

/** One of {@linkcode STATS_KEYS}. */
export type StatsKey = (typeof STATS_KEYS)[number];

/**
 * What is to be read and counted by. A path behind a bare `--stats` is taken by commander for what to
 * count by; here it becomes the path again.
 */
export function statsArguments(
  path: string | undefined,
  stats: string | true | undefined,
): { readonly path: string | undefined; readonly stats: StatsKey | undefined } {
  if (stats === undefined) return { path, stats };
  const key = stats === true ? "all" : STATS_KEYS.find((it) => it === stats);
  if (key !== undefined) return { path, stats: key };
  if (path === undefined) return { path: stats as string, stats: "all" };
  throw usageFailure(`--stats can count by ${STATS_KEYS.join(", ")}, not by "${stats}"`);
}

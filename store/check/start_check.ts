/**
 * Tells whether a Java broker would begin too late: after an unclean stop it reads the log from a file
 * that its checkpoint chooses, and what an older file holds is never brought to queues again.
 *
 * @module
 */
import { emptyCheckpoint } from "../checkpoint.ts";
import { JAVA_RULES, type JavaRelease } from "../exact/java_release.ts";
import { javaStart } from "../exact/java_start.ts";
import { finding, type FindingSink } from "./findings.ts";
import type { MissingUnits } from "./missing_units.ts";
import type { StoreState } from "./store_state.ts";

/** What telling it needs. */
export interface StartCheckInput {
  readonly sink: FindingSink;
  readonly missing: MissingUnits;
}

/** Compares the file at which each release begins with the first record that lacks its units. */
export function checkStart(state: StoreState, { sink, missing }: StartCheckInput): void {
  const { fs, log: { segments }, paths, stoppedCleanly } = state;
  if (stoppedCleanly || segments.length === 0 || missing.runs === 0) return;
  const late: string[] = [];
  for (const [release, rules] of Object.entries(JAVA_RULES)) {
    const { file, reason } = javaStart({
      fs,
      segments,
      rules,
      stoppedCleanly,
      checkpoint: state.checkpoint ?? emptyCheckpoint(),
      queuesRemember: -1,
    });
    const { start, name } = segments[file]!;
    if (start <= missing.firstAt) continue;
    late.push(`Java ${release satisfies string as JavaRelease} at ${name}, as ${reason}`);
  }
  if (late.length === 0) return;
  const message = `records from log offset ${missing.firstAt} on lack units, and a start begins ` +
    `behind them: ${late.join("; ")}`;
  const place = { file: paths.checkpoint, logOffset: missing.firstAt };
  sink(finding("checkpoint-starts-late", place, { message }));
}

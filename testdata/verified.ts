/**
 * Verifies stores in tests and writes findings as short lines that can be typed by hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Finding } from "../store/check/findings.ts";
import type { VerifySummary } from "../store/check/summary.ts";
import { type VerifyOptions, verifyStore } from "../store/check/verify.ts";
import type { FileSystem } from "../store/file.ts";

/** What a verification yielded. */
export interface Verified {
  readonly findings: readonly Finding[];
  readonly summary: VerifySummary;
}

/** Verifies the store at `store` to the end. */
export async function verified(fs: FileSystem, options: VerifyOptions = {}): Promise<Verified> {
  const findings: Finding[] = [];
  let summary: VerifySummary | undefined;
  for await (const item of verifyStore(fs, "store", options)) {
    assert(summary === undefined, "the summary comes last");
    if (item.kind === "finding") findings.push(item);
    else summary = item;
  }
  assert(summary !== undefined, "there is a summary");
  return { findings, summary };
}

/** A finding in one line: severity, code, file below the root, first byte and length. */
export function brief({ severity, code, file, offset, length }: Finding): string {
  return `${severity} ${code} ${file.replace(/^store\//, "")} ${offset}+${length}`;
}

/** What is found in the store at `store`, one line a finding, in the order in which it is found. */
export async function foundIn(fs: FileSystem, options: VerifyOptions = {}): Promise<string[]> {
  return (await verified(fs, options)).findings.map(brief);
}

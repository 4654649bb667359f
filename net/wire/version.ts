/**
 * Releases as the ordinals a frame carries (Java: `MQVersion.Version`). Each release takes two: the
 * snapshot before it, then itself, so the names follow from a few runs and are not listed.
 *
 * @module
 */

/** The one entry past all releases; larger ordinals are read as it. */
const HIGHER_VERSION = "HIGHER_VERSION";

const names = releaseNames();
const ordinals: ReadonlyMap<string, number> = new Map(
  names.map((name, ordinal) => [name, ordinal]),
);

/** Ordinals at which a peer's release changes what the other side does. */
export const VERSIONS = {
  /** From here a registration body is a `RegisterBrokerBody`, before it is the topic wrapper alone. */
  registerBody: versionOrdinal("V3_0_11"),
  /** From here a retry honours the header's `maxReconsumeTimes`. */
  maxReconsumeTimes: versionOrdinal("V3_4_9"),
  /** From here a client may be asked for its running info, and for direct consumption. */
  clientCalls: versionOrdinal("V3_1_8_SNAPSHOT"),
  /** From here a client understands a pushed offset reset. */
  clientReset: versionOrdinal("V3_0_7_SNAPSHOT"),
  /** From here a route reply must have quoted keys. */
  standardJson: versionOrdinal("V4_9_4"),
  /** From here a compressed registration may carry topic queue mappings. */
  queueMappings: versionOrdinal("V5_0_0"),
  /** What this program sends: a release whose behaviour it follows. */
  own: versionOrdinal("V5_3_3"),
} as const;

/** The name of a release such as `"V4_9_7"`; ordinals past the table are `"HIGHER_VERSION"`. */
export function versionName(ordinal: number): string {
  return names[ordinal] ?? HIGHER_VERSION;
}

/**
 * The ordinal of a release name.
 *
 * ```ts
 * import { versionName, versionOrdinal } from "./version.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(versionOrdinal("V4_9_7"), 407);
 * assert.equal(versionName(513), "V5_5_0");
 * ```
 *
 * @throws {RangeError} if there is no such release.
 */
export function versionOrdinal(name: string): number {
  const ordinal = ordinals.get(name);
  if (ordinal === undefined) throw new RangeError(`Cannot find release: "${name}" is not known`);
  return ordinal;
}

function releaseNames(): string[] {
  const list = ["V3_0_0_SNAPSHOT", "V3_0_0_ALPHA1"];
  for (let beta = 1; beta <= 9; beta++) {
    if (beta > 5) list.push(`V3_0_0_BETA${beta}_SNAPSHOT`);
    list.push(`V3_0_0_BETA${beta}`);
  }
  list.push("V3_0_0_FINAL");
  const run = (major: number, minor: number, first: number, last: number) => {
    for (let patch = first; patch <= last; patch++) {
      const name = `V${major}_${minor}_${patch}`;
      list.push(`${name}_SNAPSHOT`, name);
    }
  };
  run(3, 0, 1, 15);
  run(3, 1, 0, 9);
  run(3, 2, 0, 9);
  // The table has no V3_3_0 … V3_9_0.
  for (let minor = 3; minor <= 9; minor++) run(3, minor, 1, 9);
  for (const major of [4, 5]) for (let minor = 0; minor <= 9; minor++) run(major, minor, 0, 9);
  list.push(HIGHER_VERSION);
  return list;
}

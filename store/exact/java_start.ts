/**
 * The file of the log at which Java's broker begins to read at start, and why there.
 *
 * @module
 */
import { type Checkpoint, minTimestamp } from "../checkpoint.ts";
import type { FileSystem } from "../file.ts";
import { MAGIC, MESSAGE_V1, SYS_FLAG } from "../format.ts";
import { i64, readI64 } from "../layout.ts";
import type { Segment } from "../segments.ts";
import { HOST_V4, HOST_V6, JavaLogCursor } from "./java_log_cursor.ts";
import type { JavaRules } from "./java_release.ts";

/** Files at the end of the log that a clean start of 4.x reads. */
const LAST_FILES = 3;
const AT = MESSAGE_V1.at;

/** What the choice depends on. */
export interface JavaStartInput {
  readonly fs: FileSystem;
  readonly segments: readonly Segment[];
  readonly rules: JavaRules;
  readonly stoppedCleanly: boolean;
  readonly checkpoint: Checkpoint;
  /** Log offset up to which the queues remember records; −1 where they remember none. */
  readonly queuesRemember: number;
}

/** Number of a file of the log, and why that. */
export interface JavaStart {
  readonly file: number;
  readonly reason: string;
}

/** First record of a file as the release reads it. */
interface FirstRecord {
  readonly storeTimestamp: number;
  readonly physicalOffset: number;
}

/** Chooses the first file; there must be one. */
export function javaStart(input: JavaStartInput): JavaStart {
  const { segments, rules, stoppedCleanly } = input;
  if (stoppedCleanly && rules.cleanStart === "third last") {
    const file = Math.max(0, segments.length - LAST_FILES);
    return { file, reason: "stopped cleanly; the last three files are read" };
  }
  const isEarly = early(input);
  let tried = 0;
  for (let file = segments.length - 1; file >= 0; file--) {
    const first = firstRecord(input, segments[file]!);
    if (first !== undefined && first.storeTimestamp !== 0 && isEarly.holds(first)) {
      return { file, reason: `its first record ${isEarly.reason}` };
    }
    if (++tried >= rules.filesTriedMax && file > 0) {
      return { file, reason: `the last ${tried} files are the most that are looked at` };
    }
  }
  return { file: 0, reason: `no file has a first record that ${isEarly.reason}` };
}

/** What makes a first record early enough. */
function early(
  { rules, stoppedCleanly, checkpoint, queuesRemember }: JavaStartInput,
): { readonly holds: (first: FirstRecord) => boolean; readonly reason: string } {
  if (stoppedCleanly) {
    const reason = `lies at ${queuesRemember} or before, where the queues end`;
    return { holds: (first) => first.physicalOffset <= queuesRemember, reason };
  }
  if (rules.uncleanStart === "smallest time less slack") {
    const time = minTimestamp(checkpoint);
    const reason = `is not younger than the checkpoint, ${time}`;
    return { holds: (first) => first.storeTimestamp <= time, reason };
  }
  const { logicsPhysicalOffset: place, logicsMsgTimestamp: time } = checkpoint;
  return place > 0
    ? {
      holds: (first) => first.physicalOffset <= place,
      reason: `lies at ${place} or before, the checkpoint's place of the queues`,
    }
    : {
      holds: (first) => first.storeTimestamp <= time,
      reason: `is not younger than the checkpoint's time of the queues, ${time}`,
    };
}

function firstRecord(
  { fs, rules }: JavaStartInput,
  segment: Segment,
): FirstRecord | undefined {
  return rules.uncleanStart === "smallest time less slack"
    ? peekFirst(fs, segment, rules)
    : checkFirst(fs, segment, rules);
}

/** Looks at the magic only. */
function peekFirst(fs: FileSystem, segment: Segment, rules: JavaRules): FirstRecord | undefined {
  const view = new DataView(new ArrayBuffer(HEAD_BYTES));
  const file = fs.openRead(segment.path);
  file.read(new Uint8Array(view.buffer), 0);
  file.close();
  if (view.getInt32(AT.magic) !== MAGIC.v1) return undefined;
  const isV6 = rules.readsIpv6 && (view.getInt32(AT.sysFlag) & SYS_FLAG.bornHostV6) !== 0;
  return {
    storeTimestamp: readI64(view, AT.bornHost + (isV6 ? HOST_V6 : HOST_V4)),
    physicalOffset: readI64(view, AT.physicalOffset),
  };
}

const HEAD_BYTES = AT.bornHost + HOST_V6 + i64.width;

/** Checks the whole record. */
function checkFirst(fs: FileSystem, segment: Segment, rules: JavaRules): FirstRecord | undefined {
  const cursor = new JavaLogCursor(fs, rules);
  try {
    cursor.enter(segment);
    if (cursor.next({ checkCrc: true }) !== "message") return undefined;
    const { record } = cursor;
    return {
      storeTimestamp: record.storeTimestamp(),
      physicalOffset: record.physicalOffset(),
    };
  } finally {
    cursor.close();
  }
}

/**
 * Everything verification can find, once: a stable code, how grave it is, what it means for the
 * people behind the store and what can be done. Codes are part of the command line's contract: never
 * rename one, never reuse one.
 *
 * The rows stand by the part of a store they speak of in the files named `…_findings.ts`.
 *
 * @module
 */
import { CONFIG_FINDINGS } from "./config_findings.ts";
import type { FindingAbout, Severity } from "./finding_about.ts";
import { INDEX_FINDINGS } from "./index_findings.ts";
import { LOG_FINDINGS } from "./log_findings.ts";
import { QUEUE_FINDINGS } from "./queue_findings.ts";
import { STORE_FINDINGS } from "./store_findings.ts";
import { TIMER_FINDINGS } from "./timer_findings.ts";

export {
  BY_START,
  FILE_KIND_ABOUT,
  FILE_KINDS,
  type FileKind,
  type FindingAbout,
  type Severity,
} from "./finding_about.ts";

/** All codes. After an unclean stop, what every start puts right is only `info`. */
export const FINDINGS = {
  ...STORE_FINDINGS,
  ...LOG_FINDINGS,
  ...QUEUE_FINDINGS,
  ...INDEX_FINDINGS,
  ...CONFIG_FINDINGS,
  ...TIMER_FINDINGS,
} as const satisfies Readonly<Record<string, FindingAbout>>;

/** A code of {@linkcode FINDINGS}. */
export type FindingCode = keyof typeof FINDINGS;

/** Where something was found. */
export interface FindingPlace {
  /** Path of the file, or of the folder where a file is missing. */
  readonly file: string;
  /** Position of the first byte in the file; in the whole log where the file is missing. */
  readonly offset?: number;
  /** Bytes concerned. */
  readonly length?: number;
  readonly topic?: string;
  readonly queueId?: number;
  /** First queue index concerned. */
  readonly queueOffset?: number;
  /** Log offset of the first record concerned. */
  readonly logOffset?: number;
}

/** One thing that was found: a line of `mq verify`. */
export interface Finding extends FindingPlace {
  readonly kind: "finding";
  readonly severity: Severity;
  readonly code: FindingCode;
  readonly offset: number;
  readonly length: number;
  /** What stands there and what was expected. */
  readonly message: string;
  readonly fix: string;
}

/** Where findings go. */
export type FindingSink = (finding: Finding) => void;

/** Makes a finding; its severity is the table's unless another is given. */
export function finding(
  code: FindingCode,
  place: FindingPlace,
  details: { readonly message: string; readonly severity?: Severity; readonly fix?: string },
): Finding {
  const about: FindingAbout = FINDINGS[code];
  return {
    kind: "finding",
    severity: details.severity ?? about.severity,
    code,
    file: place.file,
    offset: place.offset ?? 0,
    length: place.length ?? 0,
    ...(place.topic !== undefined && { topic: place.topic }),
    ...(place.queueId !== undefined && { queueId: place.queueId }),
    ...(place.queueOffset !== undefined && { queueOffset: place.queueOffset }),
    ...(place.logOffset !== undefined && { logOffset: place.logOffset }),
    message: details.message,
    fix: details.fix ?? about.fix,
  };
}

/**
 * `mq verify`: checks a store and says what is wrong, what was looked at, and what was not.
 *
 * @module
 */
import {
  FILE_KINDS,
  type FileKind,
  type Finding,
  FINDINGS,
  type Severity,
} from "../../store/check/findings.ts";
import type { ProveElsewhere } from "../../store/check/full_check.ts";
import type { VerifyDepth } from "../../store/check/summary.ts";
import { verifyStore } from "../../store/check/verify.ts";
import { diskFiles } from "../../store/file_disk.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { suggestion } from "../near_word.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { Progress, type ProgressForm } from "../output/progress.ts";
import { givenPath, storeAt } from "../reading/store_path.ts";
import { goOnBesideLog } from "../reading/unreadable_notes.ts";
import { note, type Terminal } from "../terminal.ts";
import { Keeping } from "./keeping.ts";
import { loneLogAt } from "./lone_log.ts";
import { proveOnThreads, usualWorkers } from "./proof_pool.ts";
import { type FoundCodes, LONE_LOG_NOTE, printReport } from "./report.ts";

/** What `mq verify` may be asked. */
export interface VerifyCommandOptions extends OutputOptions {
  readonly quick?: boolean | undefined;
  readonly deep?: boolean | undefined;
  /** Kinds of files, or their short names. */
  readonly only?: readonly string[] | undefined;
  /** Codes that are neither printed nor counted. */
  readonly ignore?: readonly string[] | undefined;
  /** Whether what harms nobody counts, too. */
  readonly strict?: boolean | undefined;
  readonly progress?: ProgressForm | undefined;
  /** Threads that read the log. */
  readonly workers?: number | undefined;
  /** File that keeps how far the verification is. */
  readonly state?: string | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "finding, or summary: the last row" },
  { name: "severity", type: "string", about: "info, warning or error", width: 8 },
  { name: "code", type: "string", about: "what was found; codes never change", width: 22 },
  { name: "topic", type: "string", about: "topic concerned", width: 12 },
  { name: "queueId", type: "number", about: "queue concerned", width: 7 },
  { name: "queueOffset", type: "number", about: "first queue index concerned", width: 11 },
  { name: "logOffset", type: "number", about: "log offset of the first record concerned" },
  { name: "offset", type: "number", about: "where it begins in the file", width: 10 },
  { name: "length", type: "number", about: "bytes concerned", width: 8 },
  { name: "file", type: "string", about: "file, or folder of a missing one", width: 40 },
  { name: "message", type: "string", about: "what stands there and what was expected", width: 0 },
  { name: "fix", type: "string", about: "what can be done" },
  { name: "depth", type: "string", about: "summary: quick, default or deep" },
  { name: "files", type: "object", about: "summary: bytes expected, checked and skipped by kind" },
  { name: "codes", type: "object", about: "summary: findings by code, ignored ones left out" },
  { name: "severities", type: "object", about: "summary: findings by severity" },
  { name: "ignored", type: "number", about: "summary: findings left out by --ignore" },
  { name: "messages", type: "number", about: "summary: sound records read" },
  { name: "queues", type: "number", about: "summary: queues with files" },
  { name: "units", type: "number", about: "summary: queue units compared with records" },
  { name: "keys", type: "number", about: "summary: index entries compared with records" },
  { name: "logStart", type: "number", about: "summary: first offset of the log" },
  { name: "logEnd", type: "number", about: "summary: end of the last sound record" },
  { name: "stoppedCleanly", type: "boolean", about: "summary: whether the broker stopped cleanly" },
];

/** Verifies a store. */
export async function verify(
  terminal: Terminal,
  argument: string | undefined,
  options: VerifyCommandOptions,
): Promise<number> {
  const only = kindsOf(options.only);
  const ignored = ignoredCodes(options.ignore);
  const rows = openRows(terminal, FIELDS, options);
  if (rows === undefined) return EXIT.ok;
  const path = givenPath(terminal, argument);
  const lone = loneLogAt(terminal, path);
  const place = lone ?? { ...terminal, root: wholeStoreAt(terminal, path) };
  const wanted = lone === undefined ? only : onlyLog(only);
  const { root, commitLogPath } = place;
  const progress = new Progress(terminal, options.progress);
  const count = new FindingCount();
  const depth = depthOf(options);
  const keeping = keepingOf(terminal, depth, options.state);
  const items = verifyStore(place.files, root, {
    depth,
    logOnly: lone !== undefined,
    ...(commitLogPath !== undefined && { commitLogPath }),
    ...(wanted && { only: wanted }),
    onProgress: (done) => progress.tell(done),
    unreadable: terminal.unreadable,
    ...lone?.isFolder === false ? {} : threadsOf(terminal, options.workers),
    ...keeping?.options,
  });
  for await (const item of keeping?.watched(items) ?? items) {
    if (rows.closed) break;
    if (item.kind === "finding") {
      const { unreadable } = terminal;
      if (item.code === "store-unreadable" && unreadable) unreadable.isTold = true;
      if (!count.add(item, ignored)) continue;
      progress.clear();
      rows.row(lone === undefined ? item : { ...item, file: lone.realPath(item.file) });
      rows.tick();
    } else {
      const summary = { ...item, ...count.counts };
      const kinds = FILE_KINDS.map((kind) => item.files[kind].bytesChecked);
      progress.clear();
      if (rows.format !== "table") rows.row(summary);
      if (rows.format !== "table" || rows.count > 0) rows.end();
      if (rows.format === "table") {
        const isPart = wanted !== undefined;
        const isLone = lone !== undefined;
        printReport(terminal, { root, summary, found: count.found, isPart, isLone });
      } else if (lone !== undefined) note(terminal, `"${path}": ${LONE_LOG_NOTE}`);
      terminal.out.flush();
      progress.end({ bytesChecked: kinds.reduce((sum, bytes) => sum + bytes) });
    }
  }
  return count.isHarmful(options.strict === true) ? EXIT.left : EXIT.ok;
}

/** The root of a store, of which files besides the log may be closed to this user. */
function wholeStoreAt(terminal: Terminal, path: string): string {
  const paths = storeAt(terminal, path);
  goOnBesideLog(terminal, paths);
  return paths.root;
}

/** Threads read files of the disk only, as they are named there. */
function threadsOf(
  { files, unreadable }: Terminal,
  workers: number = usualWorkers(),
): { readonly proveElsewhere?: ProveElsewhere } {
  const isDisk = (unreadable?.below ?? files) === diskFiles;
  return isDisk ? { proveElsewhere: proveOnThreads(workers, { unreadable }) } : {};
}

function keepingOf(terminal: Terminal, depth: VerifyDepth, path?: string): Keeping | undefined {
  if (path === undefined) return undefined;
  if (depth === "quick") throw usageFailure("--state and --quick exclude each other");
  return new Keeping(terminal, path);
}

/** Ways out of one code's findings that are told apart. */
const FIXES_MAX = 3;

/** Counts findings, those that are ignored apart. */
class FindingCount {
  readonly #found: FoundCodes = { error: new Map(), warning: new Map(), info: new Map() };
  #ignored = 0;

  /** Counts a finding; false when it is ignored. */
  add({ code, severity, fix }: Finding, ignored: ReadonlySet<string>): boolean {
    if (ignored.has(code)) {
      this.#ignored++;
      return false;
    }
    const codes = this.#found[severity];
    const known = codes.get(code) ?? { count: 0, fixes: new Map<string, number>() };
    const { fixes } = known;
    if (fixes.has(fix) || fixes.size < FIXES_MAX) fixes.set(fix, (fixes.get(fix) ?? 0) + 1);
    codes.set(code, { count: known.count + 1, fixes });
    return true;
  }

  /** Codes that occurred, by how grave they are. */
  get found(): FoundCodes {
    return this.#found;
  }

  /** What replaces the counts of a summary. */
  get counts(): {
    readonly codes: Readonly<Record<string, number>>;
    readonly severities: Readonly<Record<Severity, number>>;
    readonly ignored: number;
  } {
    const codes = new Map<string, number>();
    const severities = { info: 0, warning: 0, error: 0 };
    for (const severity of ["info", "warning", "error"] as const) {
      for (const [code, { count }] of this.#found[severity]) {
        codes.set(code, (codes.get(code) ?? 0) + count);
        severities[severity] += count;
      }
    }
    const sorted = [...codes].sort(([a], [b]) => a < b ? -1 : 1);
    return { codes: Object.fromEntries(sorted), severities, ignored: this.#ignored };
  }

  /** Whether anything was found that an exit code must tell of. */
  isHarmful(strict: boolean): boolean {
    const { error, warning, info } = this.#found;
    return error.size + warning.size + (strict ? info.size : 0) > 0;
  }
}

function depthOf({ quick, deep }: VerifyCommandOptions): VerifyDepth {
  if (quick === true && deep === true) throw usageFailure("--quick and --deep exclude each other");
  return quick === true ? "quick" : deep === true ? "deep" : "default";
}

/** Names of several kinds at once. */
const KIND_NAMES: Readonly<Record<string, readonly FileKind[]>> = {
  cq: ["consumequeue", "batchconsumequeue", "consumequeue_ext"],
  ...Object.fromEntries(FILE_KINDS.map((kind) => [kind, [kind]])),
};

function kindsOf(names: readonly string[] | undefined): readonly FileKind[] | undefined {
  return names?.flatMap((name) => {
    const kinds = KIND_NAMES[name];
    if (kinds !== undefined) return kinds;
    const known = Object.keys(KIND_NAMES);
    throw usageFailure(
      `--only knows no "${name}"${suggestion(name, known)}; there is ${known.join(", ")}`,
    );
  });
}

/** A log alone has nothing else. */
function onlyLog(only: readonly FileKind[] = ["commitlog"]): readonly FileKind[] {
  if (only.includes("commitlog")) return ["commitlog"];
  throw usageFailure("--only names nothing that a log alone has; there is commitlog");
}

function ignoredCodes(codes: readonly string[] = []): ReadonlySet<string> {
  for (const code of codes) {
    if (Object.hasOwn(FINDINGS, code)) continue;
    throw usageFailure(
      `--ignore knows no "${code}"${suggestion(code, Object.keys(FINDINGS))}; mq explain lists all`,
    );
  }
  return new Set(codes);
}

/**
 * What must hold of every mutant, however it was made: what reads it ends, with findings or a clear
 * failure and no other way, changes nothing, and what it makes of it is sound.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import type { Finding } from "../store/check/findings.ts";
import type { VerifyDepth } from "../store/check/summary.ts";
import { verifyStore } from "../store/check/verify.ts";
import type { FileSystem } from "../store/file.ts";
import type { MemoryFiles } from "../store/file_memory.ts";
import { findFixes } from "../store/repair/fixes.ts";
import {
  planRepair,
  type RepairAction,
  repairInto,
  type RepairOutcome,
} from "../store/repair/repair.ts";
import type { RepairVerb } from "../store/repair/action.ts";
import type { Mutant } from "./mutate.ts";
import { BEFORE, commandLines, MADE } from "./mutate_commands.ts";
import { repairAndUndo } from "./mutate_in_place.ts";
import { ledTo, type SoundRecord, soundRecords } from "./mutate_stores.ts";
import { GuardedFiles, type ReadFigures } from "./mutate_files.ts";
import { record } from "./recorded_terminal.ts";
import type { StoreBytes } from "./store_bytes.ts";
import { brief, type Verified, verified } from "./verified.ts";

/** How much is done with a mutant beside its verification and the plan to recover it. */
export interface CheckEffort {
  /** Every so many mutants a recovered copy is made, with and without loss. */
  readonly copyEvery: number;
  /** Command lines run; the seed says which. */
  readonly commands: number;
  /** Every so many mutants all that can be done is. */
  readonly thoroughEvery: number;
}

/** What was done. */
export interface CheckFigures {
  readonly runs: number;
  /** The most of each that one run asked for, in parts of the store's size but for calls. */
  readonly most: ReadFigures;
  /** Exit codes and how often each was returned. */
  readonly exits: ReadonlyMap<number, number>;
}

/** Something that did not hold. The message names what was run. */
export class MutantFailure extends Error {}

/** What is kept of a plan. */
interface Plan {
  readonly actions: readonly RepairAction[];
  readonly unfixed: ReadonlyMap<string, number>;
  /** All codes that are found in the mutant. */
  readonly found: ReadonlySet<string>;
  /** Units that lead to records of others, by path and byte: one that is the only way stays. */
  readonly mismatches: ReadonlySet<string>;
  /** Paths below the store of files in the log's folder that are none of the log's. */
  readonly strays: ReadonlySet<string>;
}

const DEEP_EVERY = 4;
/** Stores of a few KiB need no room for millions, which takes longer to make than all the rest. */
const FEW_UNITS = { pendingUnitsMax: 1000 };
const REPAIR = {
  queueFileUnits: 60,
  indexGeometry: { slots: 100, entries: 400 },
  now: () => Date.UTC(2026, 10, 21, 12),
};
/** What is left as damage is no message. */
const DAMAGE_VERBS: ReadonlySet<RepairVerb> = new Set(["fill-damage", "skip-damage"]);
/** Whatever is read is read in pieces. */
const BYTES_AT_ONCE_MAX = 8 * 2 ** 20;

/** Checks a mutant. Throws {@linkcode MutantFailure}. */
export class MutantCheck {
  readonly #mutant: Mutant;
  readonly #files: MemoryFiles;
  readonly #before: StoreBytes;
  readonly #times: ReadonlyMap<string, number>;
  #records: ReadonlyMap<number, SoundRecord> | undefined;
  readonly #size: number;
  readonly #most: ReadFigures = { calls: 0, bytes: 0, bytesAtOnce: 0 };
  readonly #exits = new Map<number, number>();
  #runs = 0;

  constructor(mutant: Mutant) {
    this.#mutant = mutant;
    this.#files = mutant.files;
    this.#before = mutant.files.snapshot();
    this.#times = new Map([...this.#before.keys()].map((path) => {
      return [path, mutant.files.stat(path)!.mtimeMs];
    }));
    this.#size = [...this.#before.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  }

  /** Does all that is asked for. */
  async run({ copyEvery, commands, thoroughEvery }: CheckEffort): Promise<CheckFigures> {
    const { seed, store } = this.#mutant;
    const isThorough = seed % thoroughEvery === 0;
    const found = await this.#verify("default");
    if (isThorough || seed % DEEP_EVERY === 0) await this.#verify("deep");
    const plan = await this.#plan(found?.findings ?? []);
    if (isThorough || seed % copyEvery === 0) {
      for (const allowDataLoss of [false, true]) {
        await this.#copy(plan, allowDataLoss);
        await this.#inPlace(plan, allowDataLoss);
      }
    }
    const lines = commandLines({ known: store.known(), paths: [...this.#before.keys()].sort() });
    const count = isThorough ? lines.length : commands;
    for (let nth = 0; nth < count; nth++) {
      await this.#command(lines[(seed * commands + nth) % lines.length]!, found);
    }
    this.#isUnchanged();
    return { runs: this.#runs, most: this.#most, exits: this.#exits };
  }

  /** Findings of a verification that make sense; none where it cannot begin. */
  async #verify(depth: VerifyDepth): Promise<Verified | undefined> {
    return await this.#read(`verify at depth ${depth}`, async (files) => {
      const result = await verified(files, { depth, ...FEW_UNITS });
      this.#sensible(result);
      return result;
    });
  }

  #sensible({ findings, summary }: Verified): void {
    for (const it of findings) {
      const { offset, length, message, fix } = it;
      assert(Number.isSafeInteger(offset) && offset >= 0, `offset of ${brief(it)}`);
      assert(Number.isSafeInteger(length) && length >= 0, `length of ${brief(it)}`);
      assert(!/NaN|undefined|\[object/.test(message + fix), `${brief(it)}: ${message}; ${fix}`);
    }
    for (const [kind, it] of Object.entries(summary.files)) {
      const { bytesExpected, bytesChecked, bytesSkipped } = it;
      assert.equal(bytesChecked + bytesSkipped, bytesExpected, `bytes of ${kind}`);
      assert(bytesChecked >= 0 && bytesSkipped >= 0, `bytes of ${kind}`);
    }
  }

  async #plan(findings: readonly Finding[]): Promise<Plan | undefined> {
    return await this.#read("a plan to recover", async (files) => {
      const { actions } = await planRepair(files, "store", REPAIR);
      const { unfixed } = await findFixes(actions, Readable.from(findings));
      const found = new Set(findings.map(({ code }) => code));
      const mismatches = findings.filter(leadsToOthers);
      const strays = findings.filter(({ code }) => code === "log-stray-file");
      return {
        actions,
        unfixed,
        found,
        mismatches: new Set(mismatches.map((it) => placeOf("store", it))),
        strays: new Set(strays.map(({ file }) => belowRoot("store", file))),
      };
    });
  }

  /** A copy that is recovered is what the plan said it would be. */
  async #copy(plan: Plan | undefined, allowDataLoss: boolean): Promise<void> {
    if (plan === undefined) return;
    const what = `recover into a copy${allowDataLoss ? ", loss allowed" : ""}`;
    const isDone = await this.#read(what, async (files) => {
      const outcome = await repairInto(files, "store", MADE, { ...REPAIR, allowDataLoss });
      await this.#isRepaired(outcome, plan);
      const isLeft = outcome.left.some((it) => it.action !== "skip-damage");
      const isUnsafe = plan.actions.some((it) => !it.safe && it.action !== "skip-damage");
      assert.equal(isLeft, isUnsafe && !allowDataLoss, "what is left and what the plan says");
      return true;
    });
    assert(isDone, `${what}: what is planned cannot be done`);
  }

  /** A repair in place does what is planned, and can be taken back. */
  async #inPlace(plan: Plan | undefined, allowDataLoss: boolean): Promise<void> {
    if (plan === undefined) return;
    this.#runs++;
    const what = `recover in place${allowDataLoss ? ", loss allowed" : ""}`;
    try {
      await repairAndUndo(this.#files, { ...REPAIR, allowDataLoss });
    } catch (error) {
      throw new MutantFailure(`${what}: ${wordsOf(error)}`, { cause: error });
    }
  }

  async #isRepaired({ applied, left }: RepairOutcome, plan: Plan): Promise<void> {
    const { unfixed, found, strays, mismatches } = plan;
    const bad: string[] = [];
    const records = this.#records ??= soundRecords(this.#files, "store");
    const { store } = this.#mutant;
    const kept = new Map(soundRecords(this.#files, MADE));
    // Of a file under a wrong name only the copy can be read.
    const isMisplaced = [records, kept].some((them) => {
      return [...them.values()].some((it) => store.isMisplaced(it));
    });
    for await (const it of left.length > 0 ? [] : verifyStore(this.#files, MADE, FEW_UNITS)) {
      if (it.kind === "summary" || it.severity === "info" || unfixed.has(it.code)) continue;
      if (leadsToOthers(it) && mismatches.has(placeOf(MADE, it))) continue;
      if (!isForGood(it, { found, strays, isMisplaced })) bad.push(brief(it));
    }
    assert.deepEqual(bad, [], "findings in the copy");
    for (const { action, from, to } of applied) {
      if (action !== "right-index" && action !== "right-topic") continue;
      // One whose file was cut in its seal is a record only once the file is as long as it was.
      const before = [...records.values()].find((it) => {
        return it.at <= from && from < it.at + it.bytes.length;
      });
      if (before === undefined) continue;
      const { at } = before;
      kept.set(at, withPart(kept.get(at), before, { from: from - at, to: to - at }));
    }
    // A record whose properties end in zeros was not written to its end. One that is sound only beside
    // a file with a wrong name is left as what it is: damage.
    const damaged = left.filter(({ action }) => DAMAGE_VERBS.has(action));
    const whole = [...records.values()].filter(({ at, bytes }) => {
      return bytes.at(-1) !== 0 && !damaged.some(({ from, to }) => from <= at && at < to);
    });
    const lost = whole.filter(({ at, bytes }) => !isSame(kept.get(at)?.bytes, bytes));
    // No recovery gives up a message without saying so.
    const told = applied.reduce((sum, it) => sum + it.messagesLost, 0);
    if (lost.length > told) assert.deepEqual(lost.map(({ at }) => at), [], "records that are lost");
    const had = ledTo(this.#files, "store", records);
    const have = ledTo(this.#files, MADE, kept);
    const missed = whole.filter(({ at }) => had.has(at) && !have.has(at)).map(({ at }) => at);
    if (missed.length > told) assert.deepEqual(missed, [], "messages no queue leads to any more");
  }

  /** One command line. */
  async #command(args: readonly string[], found: Verified | undefined): Promise<void> {
    if (args.includes(BEFORE)) this.#mountBefore();
    await this.#read(`mq ${args.join(" ")}`, async (guarded) => {
      const { stdout, stderr, exitCode } = await record(args, {
        files: guarded,
        env: { NO_COLOR: "1", MQ_DEBUG: "1" },
      });
      this.#exits.set(exitCode, (this.#exits.get(exitCode) ?? 0) + 1);
      // What was asked for may not be there any more.
      const isGone = /^mq: (No such queue|No commit log in |Queue .* has no unit)/im.test(stderr);
      const allowed = isGone ? [0, 4, 8, 16] : [0, 1, 4, 5, 8];
      assert(allowed.includes(exitCode), `exit ${exitCode}\n${stderr}`);
      assert(
        !/Internal error|RangeError|SyntaxError|\bat file:/.test(stderr) || isClear(stderr),
        stderr,
      );
      assert(exitCode !== 8 || /^mq: (?!Internal)/m.test(stderr), `exit 8 without a word`);
      assert(!/\bNaN\b|undefined|\[object/.test(stdout), stdout);
      if (args.includes("jsonl")) { for (const line of stdout.trim().split("\n")) parsed(line); }
      this.#isHonest(args, exitCode, found);
    });
  }

  #mountBefore(): void {
    if (this.#files.stat(BEFORE) !== undefined) return;
    for (const [path, bytes] of this.#mutant.store.bytes()) {
      this.#files.put(BEFORE + path.slice("store".length), bytes);
    }
  }

  /** Damage that verification tells of is no success of what reads the same bytes. */
  #isHonest(args: readonly string[], exitCode: number, found: Verified | undefined): void {
    if (found === undefined) return;
    const line = args.join(" ");
    const bad = found.findings.filter((it) => it.severity === "error");
    const inLog = bad.filter((it) => /^log-(bad-record|body-crc|wrong-offset)$/.test(it.code));
    if (line === "verify store") assert.equal(exitCode === 0, isFine(found), "exit code of verify");
    if (inLog.length === 0) return;
    if (/^(inspect commitlog|export) store( -o jsonl --body text)?$/.test(line)) {
      assert.equal(exitCode & 12, 4, `exit ${exitCode} with ${inLog.map(brief)}`);
    }
  }

  /** Runs something that only reads `store`; `undefined` where it failed in a clear way. */
  async #read<T>(
    what: string,
    run: (files: FileSystem) => Promise<T>,
  ): Promise<T | undefined> {
    this.#runs++;
    const size = this.#size;
    const limits = {
      calls: 20_000 + 50 * this.#before.size + size / 2,
      bytes: 2 ** 22 + 400 * size,
      bytesAtOnce: BYTES_AT_ONCE_MAX,
    };
    const mayWrite = (path: string) => path.startsWith("made");
    const guarded = new GuardedFiles(this.#files, { limits, mayWrite });
    try {
      return await run(guarded);
    } catch (error) {
      if (!isClearError(error)) {
        throw new MutantFailure(`${what}: ${wordsOf(error)}`, { cause: error });
      }
      return undefined;
    } finally {
      if (guarded.broken[0] !== undefined) {
        // deno-lint-ignore no-unsafe-finally -- what was thrown follows from it
        throw new MutantFailure(`${what}: ${guarded.broken[0].message}`, {
          cause: guarded.broken[0],
        });
      }
      this.#files.remove("made");
      this.#note(guarded.figures);
    }
  }

  /** Whatever the guard let through: bytes, names and times are those of the mutant. */
  #isUnchanged(): void {
    const after = [...this.#files.snapshot()].filter(([path]) => !path.startsWith(`${BEFORE}/`));
    const changed = after.filter(([path, bytes]) => {
      const isKept = this.#files.stat(path)!.mtimeMs === this.#times.get(path);
      return !isKept || !isSame(bytes, this.#before.get(path));
    });
    if (changed.length > 0 || after.length !== this.#before.size) {
      throw new MutantFailure(`files were changed: ${changed.map(([path]) => path).join(", ")}`);
    }
  }

  #note({ calls, bytes, bytesAtOnce }: ReadFigures): void {
    const most = this.#most;
    most.calls = Math.max(most.calls, calls);
    most.bytes = Math.max(most.bytes, Math.ceil(bytes / Math.max(1, this.#size)));
    most.bytesAtOnce = Math.max(most.bytesAtOnce, bytesAtOnce);
  }
}

/** Whether it is of a unit that leads to a record of others; of a batch queue nothing tells of those. */
function leadsToOthers({ code, file }: Finding): boolean {
  return code === "queue-unit-mismatch" ||
    (code === "queue-unit-dangling" && file.includes("/batchconsumequeue/"));
}

/**
 * Whether no recovery can put a finding right: because the log itself says so, as a sound record does
 * whose place in its queue is not the one it had, because a file was cut in a record's properties or
 * lay under another's name, because a file of a queue or the log has a name that is none, which shows
 * when the right one is made or the one it lay in is gone, or because it is of a file a recovery leaves
 * to brokers and people.
 */
function isForGood(
  { code, file }: Finding,
  { found, strays, isMisplaced }: Pick<Plan, "found" | "strays"> & {
    readonly isMisplaced: boolean;
  },
): boolean {
  if (strays.has(belowRoot(MADE, file))) return true;
  switch (code) {
    case "queue-hole":
    case "queue-missing-units":
    case "queue-offset-mismatch":
    case "queue-offset-repeated":
    case "queue-unit-mismatch":
      return isMisplaced;
    case "queue-wrong-length":
      return found.has("queue-stray-file");
    case "queue-stray-file":
    case "log-stray-file":
    case "log-light-queues":
    case "epoch-ahead":
      return true;
    case "timer-log-bad-unit":
    case "timer-unit-unlinked":
      return found.has(code);
    // Which record a unit leads to is seen once the log has its name.
    case "timer-unit-dangling":
      return found.has("log-misnamed-file") && found.has("timer-unit-below-log");
    case "log-inner-batch":
    case "log-property-crc":
    case "log-torn-properties":
    case "log-time-jump":
      return found.has("log-wrong-length") || found.has("log-misnamed-file");
    default:
      return false;
  }
}

/** The path of a file of a store in that store. */
function belowRoot(root: string, file: string): string {
  assert(file.startsWith(root), file);
  return file.slice(root.length);
}

function placeOf(root: string, { file, offset }: Finding): string {
  return `${belowRoot(root, file)} ${offset}`;
}

/** Whether an error is what a command may end with: a sentence about the store, no bug. */
function isClearError(error: unknown): boolean {
  return error instanceof Error && error.constructor === Error && /^Cannot /.test(error.message);
}

/** With MQ_DEBUG set every failure shows its place; the first line is what people see. */
function isClear(stderr: string): boolean {
  const lines = stderr.split("\n").filter((line) => line.startsWith("mq: "));
  return lines.every((line) => !/Internal error|Offset is outside|Invalid|JSON/.test(line)) &&
    !/^(TypeError|RangeError|SyntaxError|ReferenceError|AssertionError)/m.test(stderr);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

function parsed(line: string): void {
  if (line === "") return;
  assert.equal(typeof JSON.parse(line), "object", line);
}

function isFine({ findings }: Verified): boolean {
  return findings.every((it) => it.severity === "info");
}

/** A record with a part of what it was, which is what putting that part right comes to, undone. */
function withPart(
  record: SoundRecord | undefined,
  { bytes: before }: SoundRecord,
  { from, to }: { readonly from: number; readonly to: number },
): SoundRecord {
  assert(record !== undefined, "the record that is put right is there");
  const bytes = record.bytes.slice();
  bytes.set(before.subarray(from, to), from);
  return { ...record, bytes };
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}

/**
 * Checks the commit log itself: its files, every frame, checksums, the order of times, and where it
 * ends. What the records mean to queues and index is checked elsewhere.
 *
 * @module
 */
import { basename, join } from "node:path";
import { readBody } from "../body.ts";
import type { CommitLogScan } from "../commit_log_scan.ts";
import { isDamageFiller } from "../filler_record.ts";
import { SYS_FLAG } from "../format.ts";
import { findMisnamed } from "../misnamed_files.ts";
import { lightQueueFlaw } from "../multi_dispatch.ts";
import { offsetName } from "../names.ts";
import { parseProperties, PROPERTY } from "../properties.ts";
import type { SealState } from "../property_crc.ts";
import { propertiesOf, topicOf } from "../record_text.ts";
import type { Flaw, RecordView } from "../record_view.ts";
import { fileStartOf, type Segment } from "../segments.ts";
import { usedLength } from "../used_bytes.ts";
import {
  BY_START,
  finding,
  type FindingCode,
  type FindingPlace,
  type FindingSink,
} from "./findings.ts";
import type { LogLookup } from "../log_lookup.ts";
import { tornFlaw } from "../torn_end.ts";
import type { ProvenLog } from "./piece_proof.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally, VerifyDepth } from "./summary.ts";
import type { LogCheckState } from "./verify_state.ts";

/** What recovery takes off the checkpoint: times may go back by less. */
export const TIME_SLACK_MS = 3_000;

const CODES: Readonly<Record<Flaw["code"], FindingCode>> = {
  size: "log-bad-record",
  magic: "log-bad-record",
  lengths: "log-bad-record",
  offset: "log-wrong-offset",
  "body-crc": "log-body-crc",
  "property-crc": "log-property-crc",
};

/** A range that is no record, until it is known whether something sound follows. */
interface OpenDamage {
  readonly at: number;
  readonly length: number;
  readonly segment: Segment | undefined;
  readonly flaw: Flaw;
}

/** What checking a log needs. */
export interface LogCheckInput {
  readonly state: StoreState;
  readonly lookup: LogLookup;
  readonly sink: FindingSink;
  readonly tally: Tally;
  readonly depth: VerifyDepth;
}

/** Follows a scan through the log. */
export class LogCheck {
  /** Offset behind the last sound record or filler. */
  end: number;
  /** The latest store time of all records, 0 without one. */
  lastStoreTimestamp = 0;
  readonly #input: LogCheckInput;
  #open: OpenDamage[] = [];
  #previousTime = 0;

  constructor(input: LogCheckInput) {
    this.#input = input;
    this.end = input.state.log.segments[0]?.start ?? 0;
  }

  /** Checks names and lengths of the files; their adjacency shows while they are scanned. */
  files(): void {
    const { state, sink } = this.#input;
    const { segments, segmentBytes, strays } = state.log;
    const misnamed = findMisnamed(state);
    for (const { path: file, start: logOffset, target } of misnamed) {
      const message = `it holds log offsets ${logOffset} to ${logOffset + segmentBytes}: ` +
        `rename it to ${basename(target)}`;
      sink(finding("log-misnamed-file", { file, length: segmentBytes, logOffset }, { message }));
    }
    for (const file of strays) {
      if (misnamed.some(({ path }) => path === file)) continue;
      const message = `"${basename(file)}" is no file of a log`;
      sink(finding("log-stray-file", { file }, { message }));
    }
    for (const segment of segments) {
      if (segment.length === segmentBytes) continue;
      // An empty last file is what a crash between making and sizing it leaves; 5.x removes it.
      const severity = segment.length === 0 && segment === segments.at(-1) ? "warning" : "error";
      const message = `file is ${segment.length} bytes, the others are ${segmentBytes}`;
      const place = { file: segment.path, length: segment.length };
      sink(finding("log-wrong-length", place, { message, severity }));
    }
  }

  /** Takes the item a scan stands at. Returns whether it is a message that counts. */
  item(scan: CommitLogScan): boolean {
    const { tally } = this.#input;
    if (scan.segment !== undefined) tally.check("commitlog", scan.length);
    switch (scan.kind) {
      case "message":
        if (this.#isTorn(scan)) return false;
        this.#sound(scan.at + scan.length);
        this.#record(scan.record, scan.segment!, scan.seal);
        return true;
      case "blank":
        this.#sound(scan.at + scan.length);
        if (scan.flaw !== undefined) this.#damageFinding("log-wrong-blank", asDamage(scan));
        return false;
      case "damage":
        this.#open.push(asDamage(scan));
        return false;
      case "tail":
        return false;
    }
  }

  /** How far it is. */
  get state(): LogCheckState {
    const { end, lastStoreTimestamp } = this;
    const open = this.#open.map(({ segment, ...it }) => {
      return { ...it, ...(segment && { file: segment.start }) };
    });
    return { end, lastStoreTimestamp, previousTime: this.#previousTime, open };
  }

  /** Goes on from where another one was. */
  restore({ end, lastStoreTimestamp, previousTime, open }: LogCheckState): void {
    const { segments } = this.#input.state.log;
    this.end = end;
    this.lastStoreTimestamp = lastStoreTimestamp;
    this.#previousTime = previousTime;
    this.#open = open.map(({ file, ...it }) => {
      return { ...it, segment: segments.find((segment) => segment.start === file) };
    });
  }

  /** Whether the records of a piece go on in time from those before. */
  fits({ messages, firstTime }: ProvenLog): boolean {
    return messages === 0 || firstTime >= this.#previousTime - TIME_SLACK_MS;
  }

  /** Takes over what is proven of a piece that {@linkcode LogCheck.fits}. */
  adopt({ messages, bytesChecked, end, lastTime, latestTime }: ProvenLog): void {
    const { tally } = this.#input;
    tally.check("commitlog", bytesChecked);
    tally.messages += messages;
    if (end !== undefined) this.#sound(end);
    if (messages === 0) return;
    this.#previousTime = lastTime;
    this.lastStoreTimestamp = Math.max(this.lastStoreTimestamp, latestTime);
  }

  /** Whether it is a record a start would cut, because it was not written whole. */
  #isTorn(scan: CommitLogScan): boolean {
    const { fs, log, stoppedCleanly } = this.#input.state;
    const flaw = stoppedCleanly ? undefined : tornFlaw(fs, log, scan);
    if (flaw === undefined) return false;
    const { at, length, segment } = scan;
    this.#open.push({ at, length, segment, flaw });
    return true;
  }

  /** Takes the sound record a scan stands at, once it is known of what kind its topic's queues are. */
  batch(scan: CommitLogScan, isBatchTopic: boolean): void {
    const { record } = scan;
    if (!isBatchTopic && (record.sysFlag() & BATCH_FLAGS) === 0) return;
    const wrong = wrongBatch(record);
    if (wrong !== undefined) {
      this.#recordFinding("log-inner-batch", { record, segment: scan.segment! }, wrong);
    }
  }

  /** Reports what nothing sound has followed. */
  finish(): void {
    const { sink, state, depth } = this.#input;
    for (const { at, segment, flaw } of this.#open) {
      if (segment === undefined) continue;
      const room = depth === "deep" ? { ...segment, allocatedBytes: segment.length } : segment;
      const length = usedLength(state.fs, room, at - segment.start);
      if (length === 0) continue;
      const place = { file: segment.path, offset: at - segment.start, length };
      sink(finding("log-torn-tail", place, {
        message: `no sound record from log offset ${at} on: ${words(flaw)}`,
        ...(!state.stoppedCleanly && { severity: "info", fix: BY_START }),
      }));
    }
    this.#open = [];
  }

  #sound(end: number): void {
    this.end = end;
    for (const damage of this.#open) {
      const code = damage.segment === undefined ? "log-missing-file" : CODES[damage.flaw.code];
      this.#damageFinding(code, damage);
    }
    this.#open = [];
  }

  #damageFinding(code: FindingCode, { at, length, segment, flaw }: OpenDamage): void {
    const { state, sink } = this.#input;
    const file = segment?.path ??
      join(state.paths.commitLog, offsetName(fileStartOf(state.log, at)));
    const place: FindingPlace = {
      file,
      offset: segment === undefined ? at : at - segment.start,
      length,
      ...this.#queueOf(code, at),
    };
    sink(finding(code, place, { message: `log offset ${at}: ${words(flaw)}` }));
  }

  /** The queue a record with a wrong CRC belongs to, as it says; its frame is sound. */
  #queueOf(code: FindingCode, at: number): Partial<FindingPlace> {
    const isFramed = code === "log-body-crc" || code === "log-property-crc";
    const record = isFramed ? this.#input.lookup.frameAt(at) : undefined;
    if (record === undefined) return {};
    return {
      topic: topicOf(record),
      queueId: record.queueId(),
      queueOffset: record.queueOffset(),
    };
  }

  #record(record: RecordView, segment: Segment, seal: SealState): void {
    const { tally, depth } = this.#input;
    if (!isDamageFiller(record)) tally.messages++;
    const time = record.storeTimestamp();
    if (time < this.#previousTime - TIME_SLACK_MS) {
      const message = `stored ${this.#previousTime - time} ms before the one before it`;
      this.#recordFinding("log-time-jump", { record, segment }, message);
    }
    this.#previousTime = time;
    this.lastStoreTimestamp = Math.max(this.lastStoreTimestamp, time);
    if (seal === "wrong") {
      const message = "its seal is not its own, and the records beside it carry none";
      const of = { record, segment, severity: "warning" } as const;
      this.#recordFinding("log-property-crc", of, message);
    }
    const light = lightQueueFlaw(record);
    if (light !== undefined) this.#recordFinding("log-light-queues", { record, segment }, light);
    // The next record begins with a zero: this hardly ever looks further than the properties.
    const zeroAt = record.bytes.indexOf(0, record.propertiesAt);
    if (zeroAt >= 0 && zeroAt < record.at + record.size) this.#torn(record, segment, zeroAt);
    if (depth !== "deep") return;
    const body = record.bytes.subarray(record.bodyAt, record.bodyAt + record.bodyLength);
    const read = readBody(body, record.sysFlag());
    if (read.state === "damaged") {
      this.#recordFinding("log-body-unreadable", { record, segment }, read.reason);
    }
  }

  /** Properties with zeros in them: to their end a crash took them, one in between may be meant. */
  #torn(record: RecordView, segment: Segment, zeroAt: number): void {
    const end = record.at + record.size;
    const zeroEnd = record.bytes.lastIndexOf(0, end - 1) + 1;
    const at = record.physicalOffset();
    const within = zeroAt - record.at;
    const message = `record at log offset ${at}: zeros from byte ${within} to ` +
      `${zeroEnd - record.at} of ${record.size}, in its properties`;
    this.#input.sink(finding("log-torn-properties", {
      file: segment.path,
      offset: at + within - segment.start,
      length: zeroEnd - zeroAt,
      topic: topicOf(record),
      queueId: record.queueId(),
      queueOffset: record.queueOffset(),
    }, { message, severity: zeroEnd === end ? "error" : "warning" }));
  }

  #recordFinding(
    code: FindingCode,
    { record, segment, severity }: {
      readonly record: RecordView;
      readonly segment: Segment;
      readonly severity?: "warning";
    },
    message: string,
  ): void {
    this.#input.sink(finding(code, {
      file: segment.path,
      offset: record.physicalOffset() - segment.start,
      length: record.size,
      topic: topicOf(record),
      queueId: record.queueId(),
      queueOffset: record.queueOffset(),
    }, {
      ...(severity && { severity }),
      message: `record at log offset ${record.physicalOffset()}: ${message}`,
    }));
  }
}

function asDamage({ at, length, segment, flaw }: CommitLogScan): OpenDamage {
  return { at, length, segment, flaw: flaw! };
}

function words({ code, expected, found }: Flaw): string {
  if (code === "body-crc") return `the body's checksum is ${found}, the record says ${expected}`;
  if (code === "property-crc") return `the seal must be ${expected}, is ${found}`;
  return `expected ${expected}, found ${found}`;
}

/** Bits of a record that holds a producer's batch in one piece (5.x). */
export const BATCH_FLAGS: number = SYS_FLAG.needUnwrap | SYS_FLAG.innerBatch;

/** What contradicts itself in a record that holds a batch; `undefined` for a sound or plain one. */
function wrongBatch(record: RecordView): string | undefined {
  const properties = parseProperties(propertiesOf(record));
  const count = properties.get(PROPERTY.innerNum);
  const base = properties.get(PROPERTY.innerBase);
  const flags = record.sysFlag() & BATCH_FLAGS;
  if (flags === 0 && count === undefined && base === undefined) return undefined;
  if (flags !== BATCH_FLAGS) return "it has only some of the signs of a batch";
  if (!/^[1-9]\d*$/.test(count ?? "")) return `${PROPERTY.innerNum} is "${count ?? ""}"`;
  if (base === String(record.queueOffset())) return undefined;
  return `${PROPERTY.innerBase} is "${base ?? ""}", its queue offset ${record.queueOffset()}`;
}

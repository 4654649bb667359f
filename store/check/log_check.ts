/**
 * Checks the commit log itself: its files, every frame, checksums, the order of times, and where it
 * ends. What the records mean to queues and index is checked elsewhere.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { join } from "node:path";
import { readBody } from "../body.ts";
import type { CommitLogScan } from "../commit_log_scan.ts";
import { offsetName } from "../names.ts";
import { PROPERTY } from "../properties.ts";
import type { Flaw, RecordView } from "../record_view.ts";
import type { Segment } from "../segments.ts";
import { usedBytes } from "../used_bytes.ts";
import { finding, type FindingCode, type FindingPlace, type FindingSink } from "./findings.ts";
import type { LogLookup } from "../log_lookup.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally, VerifyDepth } from "./summary.ts";

/** What recovery takes off the checkpoint: times may go back by less. */
const TIME_SLACK_MS = 3_000;

const CODES: Readonly<Record<Flaw["code"], FindingCode>> = {
  size: "log-bad-record",
  magic: "log-bad-record",
  lengths: "log-bad-record",
  offset: "log-wrong-offset",
  "body-crc": "log-body-crc",
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
    const { state, sink, tally } = this.#input;
    const { segments, segmentBytes, strays } = state.log;
    for (const name of strays) {
      const file = join(state.paths.commitLog, name);
      sink(finding("log-stray-file", { file }, { message: `"${name}" is no file of a log` }));
    }
    for (const segment of segments) {
      tally.expect("commitlog", segment.length);
      if (segment.length === segmentBytes) continue;
      // An empty last file is what a crash between making and sizing it leaves; 5.x removes it.
      const severity = segment.length === 0 && segment === segments.at(-1) ? "warning" : "error";
      const message = `file is ${segment.length} bytes, the others are ${segmentBytes}`;
      const place = { file: segment.path, length: segment.length };
      sink(finding("log-wrong-length", place, { message, severity }));
    }
  }

  /** Takes the item a scan stands at. */
  item(scan: CommitLogScan): void {
    const { tally } = this.#input;
    if (scan.segment !== undefined) tally.check("commitlog", scan.length);
    switch (scan.kind) {
      case "message":
        this.#sound(scan.at + scan.length);
        this.#record(scan.record, scan.segment!);
        break;
      case "blank":
        this.#sound(scan.at + scan.length);
        if (scan.flaw !== undefined) this.#damageFinding("log-wrong-blank", asDamage(scan));
        break;
      case "damage":
        this.#open.push(asDamage(scan));
        break;
      case "tail":
        break;
    }
  }

  /** Reports what nothing sound has followed. */
  finish(): void {
    const { sink, state } = this.#input;
    for (const { at, segment, flaw } of this.#open) {
      if (segment === undefined) continue;
      const { length } = usedBytes(state.fs, segment, at - segment.start);
      if (length === 0) continue;
      const place = { file: segment.path, offset: at - segment.start, length };
      sink(finding("log-torn-tail", place, {
        message: `no sound record from log offset ${at} on: ${words(flaw)}`,
        severity: state.stoppedCleanly ? "error" : "info",
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
      join(state.paths.commitLog, offsetName(at - at % (state.log.segmentBytes || 1)));
    const place: FindingPlace = {
      file,
      offset: segment === undefined ? at : at - segment.start,
      length,
      ...this.#queueOf(code, at),
    };
    sink(finding(code, place, { message: `log offset ${at}: ${words(flaw)}` }));
  }

  /** The queue a record with a wrong body belongs to; its frame is sound. */
  #queueOf(code: FindingCode, at: number): Partial<FindingPlace> {
    const record = code === "log-body-crc" ? this.#input.lookup.frameAt(at) : undefined;
    if (record === undefined) return {};
    return {
      topic: topicOf(record),
      queueId: record.queueId(),
      queueOffset: record.queueOffset(),
    };
  }

  #record(record: RecordView, segment: Segment): void {
    const { tally, depth } = this.#input;
    tally.messages++;
    const time = record.storeTimestamp();
    if (time < this.#previousTime - TIME_SLACK_MS) {
      const message = `stored ${this.#previousTime - time} ms before the one before it`;
      this.#recordFinding("log-time-jump", { record, segment }, message);
    }
    this.#previousTime = time;
    this.lastStoreTimestamp = Math.max(this.lastStoreTimestamp, time);
    const wrong = checkPropertyCrc(record);
    if (wrong !== undefined) this.#recordFinding("log-property-crc", { record, segment }, wrong);
    if (depth !== "deep") return;
    const body = record.bytes.subarray(record.bodyAt, record.bodyAt + record.bodyLength);
    const read = readBody(body, record.sysFlag());
    if (read.state === "damaged") {
      this.#recordFinding("log-body-unreadable", { record, segment }, read.reason);
    }
  }

  #recordFinding(
    code: FindingCode,
    { record, segment }: { readonly record: RecordView; readonly segment: Segment },
    message: string,
  ): void {
    this.#input.sink(finding(code, {
      file: segment.path,
      offset: record.physicalOffset() - segment.start,
      length: record.size,
      topic: topicOf(record),
      queueId: record.queueId(),
      queueOffset: record.queueOffset(),
    }, { message: `record at log offset ${record.physicalOffset()}: ${message}` }));
  }
}

function asDamage({ at, length, segment, flaw }: CommitLogScan): OpenDamage {
  return { at, length, segment, flaw: flaw! };
}

function words(flaw: Flaw): string {
  return `expected ${flaw.expected}, found ${flaw.found}`;
}

const decoder = new TextDecoder();

/** Topic of a record. */
export function topicOf(record: RecordView): string {
  return decoder.decode(
    record.bytes.subarray(record.topicAt, record.topicAt + record.topicLength),
  );
}

const CRC_DIGITS = 10;
const CRC_MARK = new TextEncoder().encode(`${PROPERTY.crc32}\u0001`);
/** Name, separator, digits, end: what a record has at its end where the broker seals records. */
const CRC_TAIL_BYTES = CRC_MARK.length + CRC_DIGITS + 1;

/**
 * Compares the checksum of the whole record that 5.2 and later add on request: a decimal number,
 * its last digit first (Java: `MessageDecoder.createCrc32`). `undefined` where it is right or absent.
 */
function checkPropertyCrc(record: RecordView): string | undefined {
  if (record.propertiesLength < CRC_TAIL_BYTES) return undefined;
  const { bytes } = record;
  const end = record.at + record.size;
  const tail = end - CRC_TAIL_BYTES;
  for (let at = 0; at < CRC_MARK.length; at++) {
    if (bytes[tail + at] !== CRC_MARK[at]) return undefined;
  }
  let stored = 0;
  for (let at = end - 2; at >= tail + CRC_MARK.length; at--) {
    stored = stored * 10 + (bytes[at]! - 0x30);
  }
  const real = crc32(bytes.subarray(record.at, tail)) & 0x7fffffff;
  return stored === real ? undefined : `checksum property says ${stored}, record has ${real}`;
}

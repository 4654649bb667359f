/**
 * Commit logs of a few small files for tests, written by the format tables into memory.
 *
 * @module
 */
import { join } from "node:path";
import { MemoryFiles } from "../store/file_memory.ts";
import { BLANK, MAGIC, MESSAGE_V1, MESSAGE_V2, SIZE } from "../store/format.ts";
import { hostBytes } from "../store/host.ts";
import { type MessageRecord, writeMessage } from "../store/message.ts";
import { offsetName } from "../store/names.ts";
import { CRC_PROPERTY_PLACE, sealRecord } from "../store/property_crc.ts";
import { bodyCrc, RecordView } from "../store/record_view.ts";

/** What a test cares about; everything else is filled in. */
export type MessageWish = Partial<Omit<MessageRecord, "totalSize">>;

/** A whole message. Size and CRC are right unless wished otherwise. */
export function sampleMessage(wish: MessageWish = {}): MessageRecord {
  const body = wish.body ?? new TextEncoder().encode("body");
  const message: MessageRecord = {
    totalSize: 0,
    magic: MAGIC.v1,
    bodyCRC: bodyCrc(body),
    queueId: 0,
    flag: 0,
    queueOffset: 0,
    physicalOffset: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: hostBytes("10.1.2.3", 50_000),
    storeTimestamp: 1_700_000_000_005,
    storeHost: hostBytes("10.0.0.1", 10_911),
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body,
    topic: "TopicTest",
    properties: "TAGS\u0001TagA\u0002",
    ...wish,
  };
  const layout = message.magic === MAGIC.v2 ? MESSAGE_V2 : MESSAGE_V1;
  return { ...message, totalSize: layout.sizeOf(message) };
}

/** The bytes of a message; where its properties end with the place of a seal, that is put in. */
export function recordBytes(message: MessageRecord): Uint8Array {
  const bytes = new Uint8Array(message.totalSize);
  writeMessage(new DataView(bytes.buffer), 0, message);
  if (message.properties.endsWith(CRC_PROPERTY_PLACE)) {
    sealRecord(bytes, { at: 0, size: bytes.length });
  }
  return bytes;
}

/** A message as readers look at it. */
export function recordOf(wish: MessageWish = {}): RecordView {
  const bytes = recordBytes(sampleMessage(wish));
  const record = new RecordView();
  record.attach(bytes);
  record.load(0, bytes.length);
  return record;
}

/** A place in a log. */
export interface Place {
  readonly at: number;
  readonly length: number;
}

/** A log in memory, appended to by the rules of a broker. */
export class SmallLog {
  readonly directory = "store/commitlog";
  readonly files: MemoryFiles = new MemoryFiles();
  /** Every record, in order. */
  readonly records: Place[] = [];
  /** Every filler, in order. */
  readonly blanks: Place[] = [];
  /** Offset behind the last record. */
  end: number;
  readonly segmentBytes: number;

  constructor(segmentBytes: number, start = 0) {
    this.segmentBytes = segmentBytes;
    this.end = start;
  }

  /** Appends a message and returns where it stands. */
  add(wish: MessageWish = {}): Place {
    const { totalSize } = sampleMessage(wish);
    const room = this.segmentBytes - this.end % this.segmentBytes;
    if (totalSize + SIZE.blankMin > room) this.#fill(room);
    const at = this.end;
    if (at % this.segmentBytes === 0) this.addFile(at);
    this.write(at, recordBytes(sampleMessage({ physicalOffset: at, ...wish })));
    const place = { at, length: totalSize };
    this.records.push(place);
    this.end += totalSize;
    return place;
  }

  /** Appends as many equal messages. */
  addMany(count: number, wish: MessageWish = {}): this {
    for (let index = 0; index < count; index++) this.add({ queueOffset: index, ...wish });
    return this;
  }

  /** Adds a file of zeros, as a broker does ahead of time. */
  addFile(start: number): string {
    const path = this.path(start);
    this.files.put(path, new Uint8Array(0));
    this.files.openWrite(path).truncate(this.segmentBytes);
    return path;
  }

  /** File of a log offset. */
  path(at: number): string {
    return join(this.directory, offsetName(at - at % this.segmentBytes));
  }

  /** Position of a log offset in its file. */
  within(at: number): number {
    return at % this.segmentBytes;
  }

  /** Writes bytes at a log offset, within one file. */
  write(at: number, bytes: Uint8Array): void {
    this.files.openWrite(this.path(at)).write(bytes, this.within(at));
  }

  /** Inverts bits of the byte at a log offset. */
  flip(at: number, mask = 1): void {
    this.files.flip(this.path(at), this.within(at), mask);
  }

  #fill(room: number): void {
    const bytes = new Uint8Array(BLANK.size);
    BLANK.write(new DataView(bytes.buffer), 0, { length: room, magic: MAGIC.blank });
    this.write(this.end, bytes);
    this.blanks.push({ at: this.end, length: room });
    this.end += room;
  }
}

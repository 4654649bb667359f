/**
 * Damage with a name: what disks, crashes and people do to the files of a store, each made the same
 * way whenever its seed is the same. For tests of everything that reads, verifies or repairs.
 *
 * @module
 */
import type { FindingCode } from "../store/check/findings.ts";
import { CommitLogScan } from "../store/commit_log_scan.ts";
import type { MemoryFiles } from "../store/file_memory.ts";
import {
  BATCH_QUEUE_UNIT,
  CHECKPOINT,
  INDEX_ENTRY,
  INDEX_HEADER,
  QUEUE_UNIT,
} from "../store/format.ts";
import { listIndexFiles, openIndexFile } from "../store/key_index_reader.ts";
import { storePaths } from "../store/names.ts";
import { listQueues } from "../store/queue_reader.ts";
import { listSegments, type Segment } from "../store/segments.ts";
import { usedLength } from "../store/used_bytes.ts";
import { storeInMemory } from "./fixture.ts";
import { between, oneOf, randomOf } from "./random.ts";

/** Log offsets that no longer hold what they held; `to` is behind the last. */
export interface TouchedRange {
  readonly from: number;
  readonly to: number;
}

/** One kind of damage. */
export interface Damage {
  /** Name for titles of tests: what it hits and how. */
  readonly name: string;
  /** What it does, and what does the like to real stores. */
  readonly about: string;
  /** At least one of these is found afterwards. */
  readonly finds: readonly FindingCode[];
  /**
   * Does it to the store at `store`. Returns which bytes of the log it touched, none where it hit
   * other files; `undefined` where the store has nothing to hit.
   */
  readonly apply: (files: MemoryFiles, seed: number) => readonly TouchedRange[] | undefined;
}

const ROOT = "store";
const PATHS = storePaths(ROOT);
const SECTOR = 512;
const UNTOUCHED: readonly TouchedRange[] = [];

type Random = () => number;

/** A sound record of a log. */
interface Place {
  readonly segment: Segment;
  readonly at: number;
  readonly length: number;
  /** Where its body begins, behind the record's start, and how long that is. */
  readonly bodyAt: number;
  readonly bodyLength: number;
}

function records(files: MemoryFiles): Place[] {
  const scan = new CommitLogScan(files, listSegments(files, PATHS.commitLogs));
  const found: Place[] = [];
  while (scan.next()) {
    if (scan.kind !== "message" || scan.segment === undefined) continue;
    const { at, length, segment, record } = scan;
    const { bodyAt, bodyLength, at: start } = record;
    found.push({ segment, at, length, bodyAt: bodyAt - start, bodyLength });
  }
  scan.close();
  return found;
}

/** Damage of one record that has others in front and behind. */
function ofRecord(
  hit: (files: MemoryFiles, record: Place, random: Random) => TouchedRange | undefined,
): Damage["apply"] {
  return (files, seed) => {
    const random = randomOf(seed);
    const all = records(files).slice(1, -1).filter(({ bodyLength }) => bodyLength > 0);
    if (all.length === 0) return undefined;
    const touched = hit(files, oneOf(random, all), random);
    return touched === undefined ? undefined : [touched];
  };
}

/** Damage of a block of whole sectors that are in use, in a file of the log. */
function ofBlock(
  hit: (files: MemoryFiles, block: Block, random: Random) => readonly TouchedRange[],
): Damage["apply"] {
  return (files, seed) => {
    const random = randomOf(seed);
    const blocks = usedBlocks(files);
    return blocks.length < 4 ? undefined : hit(files, oneOf(random, blocks.slice(0, -2)), random);
  };
}

/** Sectors of a file of the log. */
interface Block {
  readonly segment: Segment;
  readonly position: number;
  readonly length: number;
}

function usedBlocks(files: MemoryFiles): Block[] {
  return listSegments(files, PATHS.commitLogs).segments.flatMap((segment) => {
    const count = Math.floor(usedLength(files, segment, 0) / SECTOR);
    return Array.from({ length: count }, (_, nth) => {
      return { segment, position: nth * SECTOR, length: SECTOR };
    });
  });
}

function bytesOf(files: MemoryFiles, { segment, position, length }: Block): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = files.openRead(segment.path);
  file.read(bytes, position);
  file.close();
  return bytes;
}

function write(files: MemoryFiles, path: string, at: number, bytes: Uint8Array): void {
  const file = files.openWrite(path);
  file.write(bytes, at);
  file.close();
}

function touched({ segment, position, length }: Block): TouchedRange {
  return { from: segment.start + position, to: segment.start + position + length };
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => between(random, 0, 255));
}

const LOG_FINDS = [
  "log-bad-record",
  "log-body-crc",
  "log-wrong-offset",
  "log-torn-tail",
  "log-torn-properties",
  "log-property-crc",
] as const satisfies readonly FindingCode[];

const QUEUE_FINDS = [
  "queue-hole",
  "queue-missing-units",
  "queue-unit-mismatch",
  "queue-offset-mismatch",
  "queue-unit-dangling",
  "queue-tags-mismatch",
] as const satisfies readonly FindingCode[];

const LOG_DAMAGES: readonly Damage[] = [
  {
    name: "log: a flipped bit in a body",
    about: "one bit of one message's body, as failing memory or a worn disk leaves it",
    finds: ["log-body-crc"],
    apply: ofRecord((files, { segment, at, length, bodyAt, bodyLength }, random) => {
      const position = at - segment.start + bodyAt + between(random, 0, bodyLength - 1);
      files.flip(segment.path, position, 1 << between(random, 0, 7));
      return { from: at, to: at + length };
    }),
  },
  {
    name: "log: a record's size and magic overwritten",
    about: "the first eight bytes of a record are noise: where the next begins is not told",
    finds: ["log-bad-record"],
    apply: ofRecord((files, { segment, at, length }, random) => {
      write(files, segment.path, at - segment.start, noise(random, 8));
      return { from: at, to: at + length };
    }),
  },
  {
    name: "log: a zeroed sector",
    about: "a sector that never reached the disk before the power went",
    finds: LOG_FINDS,
    apply: ofBlock((files, block) => {
      files.zero(block.segment.path, block.position, block.length);
      return [touched(block)];
    }),
  },
  {
    name: "log: a sector of noise",
    about: "a misdirected write of something else",
    finds: LOG_FINDS,
    apply: ofBlock((files, block, random) => {
      write(files, block.segment.path, block.position, noise(random, block.length));
      return [touched(block)];
    }),
  },
  {
    name: "log: two sectors swapped",
    about: "a controller that mixed up two writes",
    finds: LOG_FINDS,
    apply: ofBlock((files, one, random) => {
      const others = usedBlocks(files).slice(0, -2)
        .filter((it) => it.segment.path !== one.segment.path || it.position !== one.position);
      const other = oneOf(random, others);
      const [a, b] = [bytesOf(files, one), bytesOf(files, other)];
      write(files, one.segment.path, one.position, b);
      write(files, other.segment.path, other.position, a);
      return [touched(one), touched(other)];
    }),
  },
  {
    name: "log: a sector written twice",
    about: "a sector holds what belongs into the one before",
    finds: LOG_FINDS,
    apply: ofBlock((files, block) => {
      const next = { ...block, position: block.position + block.length };
      if (next.position + next.length > block.segment.length) return [];
      write(files, next.segment.path, next.position, bytesOf(files, block));
      return [touched(next)];
    }),
  },
  {
    name: "log: a file is that of another place",
    about: "a file was restored under the wrong name: its records say they stand elsewhere",
    finds: ["log-wrong-offset", "log-bad-record", "log-torn-tail"],
    apply: (files, seed) => {
      const { segments } = listSegments(files, PATHS.commitLogs);
      if (segments.length < 3) return undefined;
      const random = randomOf(seed);
      const target = between(random, 1, segments.length - 2);
      const source = oneOf(random, segments.filter((_, nth) => nth !== target));
      const { path, start, length } = segments[target]!;
      files.put(path, files.snapshot().get(source.path)!);
      return [{ from: start, to: start + length }];
    },
  },
  {
    name: "log: a file of another store",
    about: "a restore that mixed up two brokers: its records are sound, and of others' queues",
    finds: [...LOG_FINDS, ...QUEUE_FINDS],
    apply: (files, seed) => {
      const { segments, segmentBytes } = listSegments(files, PATHS.commitLogs);
      if (segments.length < 3) return undefined;
      const { path, start, length } = oneOf(randomOf(seed), segments.slice(1, -1));
      const others = storeInMemory("4.9.7-d-byhand-101");
      const log = listSegments(others, PATHS.commitLogs);
      const other = log.segments.find((it) => it.start === start) ?? log.segments[0]!;
      files.put(path, others.snapshot().get(other.path)!.slice(0, segmentBytes));
      return [{ from: start, to: start + length }];
    },
  },
  {
    name: "log: a file in the middle is cut short",
    about: "a copy that ended early and was resumed with the next file",
    finds: ["log-wrong-length"],
    apply: (files, seed) => {
      const { segments } = listSegments(files, PATHS.commitLogs);
      const random = randomOf(seed);
      const used = segments.filter((it) => usedLength(files, it, 0) > 0).slice(1, -1);
      if (used.length === 0) return undefined;
      const { path, start, length } = oneOf(random, used);
      const size = between(random, 1, length - 1);
      files.cut(path, size);
      return [{ from: start + size, to: start + length }];
    },
  },
  {
    name: "log: a file in the middle is gone",
    about: "somebody made room on a full disk",
    finds: ["log-missing-file"],
    apply: (files, seed) => {
      const { segments } = listSegments(files, PATHS.commitLogs);
      const used = segments.filter((it) => usedLength(files, it, 0) > 0).slice(1, -1);
      if (used.length === 0) return undefined;
      const { path, start, length } = oneOf(randomOf(seed), used);
      files.remove(path);
      return [{ from: start, to: start + length }];
    },
  },
  {
    name: "log: the last file is cut in a record",
    about: "a copy that ended early",
    finds: ["log-wrong-length"],
    apply: (files, seed) => {
      const last = records(files).at(-1);
      if (last === undefined || last.segment.start === 0) return undefined;
      const { segment: { path, start, length }, at } = last;
      files.cut(path, at - start + between(randomOf(seed), 1, last.length - 1));
      return [{ from: at, to: start + length }];
    },
  },
  {
    name: "log: the last record is torn, stale records behind it",
    about: "a log that was cut in memory only, and written on: older records stand behind the end",
    finds: LOG_FINDS,
    apply: (files, seed) => {
      const all = records(files);
      const { segment } = all.at(-1) ?? {};
      const inLast = all.filter((it) => it.segment.path === segment?.path);
      if (segment === undefined || inLast.length < 4) return undefined;
      const torn = inLast[between(randomOf(seed), 1, inLast.length - 3)]!;
      files.zero(segment.path, torn.at - segment.start + 20, torn.length - 20);
      return [{ from: torn.at, to: torn.at + torn.length }];
    },
  },
];

/** A queue's file that holds units, and how many. */
interface QueueFile {
  readonly path: string;
  readonly unitBytes: number;
  readonly units: number;
}

function queueFiles(files: MemoryFiles): QueueFile[] {
  return listQueues(files, PATHS).queues.flatMap(({ kind, path }) => {
    const unitBytes = kind === "simple" ? QUEUE_UNIT.size : BATCH_QUEUE_UNIT.size;
    const queue = listSegments(files, path);
    return queue.segments.map((segment) => {
      const units = Math.ceil(usedLength(files, segment, 0) / unitBytes);
      return { path: segment.path, unitBytes, units };
    });
  }).filter(({ units, unitBytes }) => units >= 3 && unitBytes === QUEUE_UNIT.size);
}

function ofQueueFile(hit: (files: MemoryFiles, queue: QueueFile, random: Random) => void) {
  return (files: MemoryFiles, seed: number) => {
    const random = randomOf(seed);
    const all = queueFiles(files);
    if (all.length === 0) return undefined;
    hit(files, oneOf(random, all), random);
    return UNTOUCHED;
  };
}

const QUEUE_DAMAGES: readonly Damage[] = [
  {
    name: "queue: a flipped bit in a unit's log offset",
    about: "the unit leads elsewhere",
    finds: QUEUE_FINDS,
    apply: ofQueueFile((files, { path, unitBytes, units }, random) => {
      const unit = between(random, 0, units - 2);
      files.flip(path, unit * unitBytes + between(random, 5, 7), 1 << between(random, 0, 7));
    }),
  },
  {
    name: "queue: zeroed units in the middle",
    about: "a page that never reached the disk: a Java broker ends the queue there",
    finds: ["queue-hole", "queue-missing-units"],
    apply: ofQueueFile((files, { path, unitBytes, units }, random) => {
      files.zero(path, between(random, 0, units - 3) * unitBytes, 2 * unitBytes);
    }),
  },
  {
    name: "queue: two units swapped",
    about: "consumers get messages in the wrong order, at wrong offsets",
    finds: ["queue-offset-mismatch", "queue-unit-mismatch"],
    apply: ofQueueFile((files, { path, unitBytes, units }, random) => {
      const unit = between(random, 0, units - 2);
      const file = files.openWrite(path);
      const both = new Uint8Array(2 * unitBytes);
      file.read(both, unit * unitBytes);
      file.write(both.subarray(unitBytes), unit * unitBytes);
      file.write(both.subarray(0, unitBytes), (unit + 1) * unitBytes);
      file.close();
    }),
  },
  {
    name: "queue: the units of another queue",
    about: "a file restored into the wrong folder",
    finds: QUEUE_FINDS,
    apply: ofQueueFile((files, { path }, random) => {
      const others = queueFiles(files).filter((it) => it.path !== path);
      const bytes = others.length === 0
        ? new Uint8Array(files.stat(path)!.size)
        : files.snapshot().get(oneOf(random, others).path)!;
      files.put(path, bytes.slice(0, files.stat(path)!.size));
    }),
  },
  {
    name: "queue: a file cut in a unit",
    about: "a copy that ended early: a Java broker since 4.9.3 does not start",
    finds: ["queue-wrong-length", "queue-missing-units", "queue-missing-file"],
    apply: ofQueueFile((files, { path, unitBytes, units }, random) => {
      files.cut(
        path,
        between(random, 1, units - 1) * unitBytes - between(random, 1, unitBytes - 1),
      );
    }),
  },
  {
    name: "queue: a queue's files are gone",
    about: "somebody cleaned up",
    finds: ["queue-missing-units", "queue-missing-file"],
    apply: ofQueueFile((files, { path }) => files.remove(path.slice(0, path.lastIndexOf("/")))),
  },
];

function ofIndexFile(hit: (files: MemoryFiles, path: string, random: Random) => void) {
  return (files: MemoryFiles, seed: number) => {
    const random = randomOf(seed);
    const { paths } = listIndexFiles(files, PATHS.index);
    const used = paths.filter((path) => entriesAt(files, path) !== undefined);
    if (used.length === 0) return undefined;
    hit(files, oneOf(random, used), random);
    return UNTOUCHED;
  };
}

/** Where the entries of an index file begin, and how many there are; none for an unused file. */
function entriesAt(files: MemoryFiles, path: string): { at: number; count: number } | undefined {
  const reader = openIndexFile(files, path);
  if (reader === undefined) return undefined;
  reader.close();
  const { slots } = reader.geometry;
  const header = INDEX_HEADER.read(new DataView(files.snapshot().get(path)!.buffer), 0);
  const count = header.indexCount - 1;
  return count < 2 ? undefined : { at: INDEX_HEADER.size + slots * 4 + INDEX_ENTRY.size, count };
}

const INDEX_FINDS = [
  "index-header",
  "index-chain",
  "index-wrong-entry",
  "index-entry-dangling",
  "index-missing-keys",
  "index-wrong-length",
] as const satisfies readonly FindingCode[];

const INDEX_DAMAGES: readonly Damage[] = [
  {
    name: "index: an entry's key overwritten",
    about: "a query for the key does not find its message",
    finds: INDEX_FINDS,
    apply: ofIndexFile((files, path, random) => {
      const { at, count } = entriesAt(files, path)!;
      const key = at + between(random, 0, count - 1) * INDEX_ENTRY.size + 3;
      // A header that is noise already may say anything of where its entries are.
      if (key < files.stat(path)!.size) files.flip(path, key, 0x55);
    }),
  },
  {
    name: "index: the header is zero",
    about: "a page that never reached the disk",
    finds: INDEX_FINDS,
    apply: ofIndexFile((files, path) => files.zero(path, 0, INDEX_HEADER.size)),
  },
  {
    name: "index: half a file",
    about: "a copy that ended early",
    finds: INDEX_FINDS,
    apply: ofIndexFile((files, path) => files.cut(path, (files.stat(path)!.size >> 1) | 1)),
  },
  {
    name: "index: a file is gone",
    about: "somebody cleaned up",
    finds: ["index-missing-keys"],
    apply: ofIndexFile((files, path) => files.remove(path)),
  },
];

const OTHER_DAMAGES: readonly Damage[] = [
  {
    name: "checkpoint: gone",
    about: "a start after an unclean stop reads the whole log",
    finds: ["checkpoint-missing"],
    apply: (files) => (files.remove(PATHS.checkpoint), UNTOUCHED),
  },
  {
    name: "checkpoint: ahead of the log",
    about: "the clock was set forward for a while",
    finds: ["checkpoint-ahead"],
    apply(files) {
      const bytes = files.snapshot().get(PATHS.checkpoint);
      if (bytes === undefined || bytes.length < CHECKPOINT.size) return undefined;
      const view = new DataView(bytes.buffer);
      view.setBigInt64(CHECKPOINT.at.physicMsgTimestamp, 9_000_000_000_000n);
      files.put(PATHS.checkpoint, bytes);
      return UNTOUCHED;
    },
  },
  {
    name: "config: topics.json cut, its .bak whole",
    about: "a loss of power while it was written",
    finds: ["config-unreadable"],
    apply(files) {
      const path = `${PATHS.config}/topics.json`;
      const bytes = files.snapshot().get(path);
      if (bytes === undefined) return undefined;
      files.put(`${path}.bak`, bytes);
      files.cut(path, bytes.length >> 1);
      return UNTOUCHED;
    },
  },
];

/** All damages: of the log, of queues, of the index, of checkpoint and configuration. */
export const DAMAGES: readonly Damage[] = [
  ...LOG_DAMAGES,
  ...QUEUE_DAMAGES,
  ...INDEX_DAMAGES,
  ...OTHER_DAMAGES,
];

/**
 * What `mq serve` says of the store it shows: how much there is, and what was put right in memory.
 *
 * @module
 */
import { counted } from "../output/counted.ts";
import type { RepairVerb } from "../../store/repair/action.ts";
import type { StoreView } from "../../store/repair/store_view.ts";
import type { Store } from "../../store/store.ts";
import { lossOf, lossText } from "../recover/report.ts";
import { note, type Terminal } from "../terminal.ts";

/** A change that was made in memory. */
interface Change {
  readonly action: RepairVerb;
  readonly file: string;
  readonly reason: string;
  readonly bytesLost: number;
  readonly messagesLost: number;
}

/** What is served. */
export interface Served {
  /** Topics that have messages. */
  readonly topics: number;
  /** Their queues. */
  readonly queues: number;
  readonly messages: number;
  readonly logStart: number;
  readonly logEnd: number;
  /** Whether the queues were not read but built from the log. */
  readonly isRocksDb: boolean;
  /** Whether there is an index: without one no message is found by its key. */
  readonly hasIndex: boolean;
  /** How often what was put right in memory. */
  readonly putRight: Readonly<Record<string, number>>;
  /** Bytes of the log that held something and are not served. */
  readonly bytesLost: number;
  /** Messages that are lost, as far as anybody can know. */
  readonly messagesLost: number;
  readonly changes: readonly Change[];
}

/** Counts what a store serves. */
export function servedBy(
  { repair, isRocksDb, hasIndex }:
    & Pick<StoreView, "repair" | "isRocksDb">
    & Pick<Served, "hasIndex">,
  store: Pick<Store, "logRange" | "queueIds" | "queueRange" | "recovery" | "topics">,
): Served {
  let [topics, queues, messages] = [0, 0, 0];
  for (const topic of new Set(store.topics())) {
    const counts = store.queueIds(topic).map((queueId) => {
      const { min, max } = store.queueRange(topic, queueId) ?? { min: 0, max: 0 };
      return max - min;
    }).filter((count) => count > 0);
    topics += counts.length > 0 ? 1 : 0;
    queues += counts.length;
    messages += counts.reduce((sum, count) => sum + count, 0);
  }
  const changes = [...repair?.applied ?? [], ...repair?.left ?? [], ...store.recovery.actions];
  // A unit that stands in for a lost message leads to one that is served elsewhere.
  for (const it of [...repair?.report.actions ?? [], ...store.recovery.actions]) {
    messages -= it.slotsFilled;
  }
  const putRight: Record<string, number> = {};
  for (const { action } of changes) putRight[action] = (putRight[action] ?? 0) + 1;
  const { min: logStart, max: logEnd } = store.logRange;
  const { bytesLost, messagesLost } = lossOf(changes);
  const counts = { topics, queues, messages, logStart, logEnd, isRocksDb, hasIndex };
  return { ...counts, putRight, bytesLost, messagesLost, changes };
}

/** What was done, counted; the plural of a word is made with an s. */
const VERBS: Readonly<Record<RepairVerb, readonly [verb: string, noun: string]>> = {
  "cut-tail": ["cut", "torn end"],
  "drop-file": ["left out", "log file"],
  "skip-damage": ["passed over", "damaged range"],
  "fill-damage": ["passed over", "damaged range"],
  "right-index": ["with a wrong index put right", "record"],
  "right-topic": ["with a wrong topic put right", "record"],
  "rebuild-queue": ["rebuilt", "queue"],
  "truncate-queue": ["cut back", "queue"],
  "rebuild-index": ["rebuilt", "index file"],
  "rename-file": ["read under the right name", "log file"],
  "extend-file": ["filled up", "file"],
  "trim-file": ["cut to its length", "file"],
  "cut-extension": ["cut back", "extension file"],
  "restore-config": ["read from its .bak", "configuration file"],
  "set-config-aside": ["left out", "configuration file"],
  "set-file-aside": ["left out", "stray file"],
  "lower-offsets": ["with offsets lowered", "file"],
  "rewind-timer": ["rewound", "timer"],
  "cut-epochs": ["cut back", "epoch file"],
  "write-checkpoint": ["rewritten", "checkpoint"],
  "remove-abort": ["ignored", "mark of an unclean stop"],
};

/** The same for people. */
export function servedLines(served: Served): string[] {
  const { topics, queues, messages, logStart, logEnd, putRight } = served;
  const lines = [
    `Serves ${counted(messages, "message")} in ${counted(queues, "queue")} of ` +
    `${counted(topics, "topic")}, log offsets ${logStart} to ${logEnd}.`,
  ];
  if (served.isRocksDb) {
    lines.push(
      "Its queues are kept in RocksDB, which mq cannot read: they were built from the log.",
      "Topics, groups and offsets that are kept there, too, are not known.",
    );
  }
  const done = Object.entries(putRight).map(([action, count]) => {
    const [verb, noun] = VERBS[action as RepairVerb];
    return `${counted(count, noun)} ${verb}`;
  });
  if (done.length > 0) lines.push(`Put right in memory: ${done.join(", ")}.`);
  if (messages > 0 && !served.hasIndex) {
    lines.push(
      "It has no index, so nobody finds a message by its key; --repair always builds one in memory.",
    );
  }
  if (served.bytesLost > 0) lines.push(`Lost to damage: ${lossText(served)}.`);
  return [...lines, ""];
}

/** Changes that are noted one by one. */
const NOTED_MAX = 10;

/** Notes what was put right. */
export function noteChanges(
  terminal: Terminal,
  { changes, isRocksDb }: Pick<Served, "changes" | "isRocksDb">,
): void {
  for (const { action, file, reason } of changes.slice(0, NOTED_MAX)) {
    note(terminal, `in memory: ${action} ${file}: ${reason}`);
  }
  const rest = changes.length - NOTED_MAX;
  const where = isRocksDb ? "" : "; mq recover lists them all";
  if (rest > 0) note(terminal, `in memory: ${rest} more${where}`);
}

/**
 * A million messages that wait, by delay level or for a second of their own: what the broker takes
 * while nothing is due, and how late each comes.
 *
 * @module
 */
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { Broker } from "../net/broker/broker.ts";
import { storedMessage } from "../net/broker/stored_draft.ts";
import { SCHEDULE_TOPIC } from "../net/wire/topic_names.ts";
import { hostBytes } from "../store/host.ts";
import { formatProperties } from "../store/properties.ts";
import type { MessageDraft } from "../store/put.ts";
import { RecordView } from "../store/record_view.ts";
import type { Store } from "../store/store.ts";
import { TIMER_TOPIC } from "../store/timer_wheel.ts";
import { inFolder } from "./folders.ts";
import { row } from "./report.ts";

const COUNT = 1_000_000;
/** Put in one turn of the event loop. */
const TURN_COUNT = 1000;
const LEVELS = 18;
/** Time until the first is due: all must have been put before, and then nothing happen for a while. */
const FIRST_MS = 36_000;
const QUIET_MS = 5_000;
/** From level to level. */
const STEP_MS = 3000;
/** Over so long the messages are due. */
const SPAN_MS = LEVELS * STEP_MS;
const TOPIC = "BenchDelay";
const BORN_HOST = hostBytes("127.0.0.1", 1);
const BODY = new Uint8Array(128).fill(0x78);

/** Makes the message of a number at a time; its flag says how many ms later it is due. */
type DraftAt = (nth: number, now: number) => MessageDraft;

const leveled: DraftAt = (nth, now) => {
  const level = nth % LEVELS;
  const flag = FIRST_MS + level * STEP_MS;
  const waiting = { topic: SCHEDULE_TOPIC, queueId: level, flag };
  return draftOf(waiting, { now, property: ["DELAY", String(level + 1)] });
};

const timed: DraftAt = (nth, now) => {
  const due = Math.ceil((now + FIRST_MS + nth % SPAN_MS) / 1000) * 1000;
  const waiting = { topic: TIMER_TOPIC, queueId: 0, flag: due - now };
  return draftOf(waiting, { now, property: ["TIMER_OUT_MS", String(due - 1000)] });
};

/** Measures both kinds. */
export async function benchDelay(): Promise<void> {
  await inFolder((folder) => measure("delay levels", { folder, draftAt: leveled, goalMs: 100 }));
  await inFolder((folder) => measure("timed messages", { folder, draftAt: timed, goalMs: 1000 }));
}

async function measure(
  name: string,
  { folder, draftAt, goalMs }: {
    readonly folder: string;
    readonly draftAt: DraftAt;
    readonly goalMs: number;
  },
): Promise<void> {
  const levels = Array.from({ length: LEVELS }, (_, level) => {
    return `${(FIRST_MS + level * STEP_MS) / 1000}s`;
  });
  await using broker = await Broker.start({
    config: {
      listenPort: 0,
      brokerName: "bench",
      storePathRootDir: folder,
      messageDelayLevel: levels.join(" "),
    },
  });
  const { store } = broker;
  const before = process.memoryUsage().rss;
  for (let nth = 0; nth < COUNT;) {
    for (const end = nth + TURN_COUNT; nth < end; nth++) {
      store.put(draftAt(nth, Date.now()), () => {});
    }
    await sleep(1);
  }
  const cpu = process.cpuUsage();
  await sleep(QUIET_MS);
  const { user, system } = process.cpuUsage(cpu);
  row(`${name}: ${COUNT} wait, processor`, `${((user + system) / 10 / QUIET_MS).toFixed(1)} %`);
  const moreBytes = process.memoryUsage().rss - before;
  row(`${name}: ${COUNT} wait, memory`, `${(moreBytes / 2 ** 20).toFixed(0)} MiB more`);
  while (store.queueRange(TOPIC, 0)?.max !== COUNT) await sleep(500);
  const late = await lateness(store);
  const at = (part: number) => late[Math.floor((late.length - 1) * part)]!;
  row(`${name}: late, p99`, `${at(0.99)} ms, ${at(0)} to ${at(1)} ms`, {
    figure: at(0.99),
    goal: { figure: goalMs, words: `${goalMs} ms`, atMost: true },
  });
}

function draftOf(
  waiting: { readonly topic: string; readonly queueId: number; readonly flag: number },
  { now, property }: { readonly now: number; readonly property: readonly [string, string] },
): MessageDraft {
  return {
    ...waiting,
    sysFlag: 0,
    bornTimestamp: now,
    bornHost: BORN_HOST,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: BODY,
    properties: formatProperties([["REAL_TOPIC", TOPIC], ["REAL_QID", "0"], property]),
  };
}

/** How late every message came, ms, the earliest first. */
async function lateness(store: Store): Promise<Float64Array> {
  const late = new Float64Array(COUNT);
  const record = new RecordView();
  let count = 0;
  for (let queueOffset = 0; queueOffset < COUNT;) {
    const found = await store.get({ topic: TOPIC, queueId: 0, queueOffset, countMax: 32 });
    record.attach(found.body);
    for (let at = 0; at < found.body.length; at += record.size) {
      record.load(at, found.body.length);
      const { flag, bornTimestamp } = storedMessage(record.record());
      late[count++] = record.storeTimestamp() - bornTimestamp - flag;
    }
    found.release?.();
    queueOffset = found.nextBeginOffset;
  }
  return late.sort();
}

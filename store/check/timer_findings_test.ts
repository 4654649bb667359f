import { EXPIRED, FIRST, testFindings, TIMED, write } from "../../testdata/finding_cases.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { TIMER_CHECKPOINT, TIMER_LOG_UNIT, TIMER_MAGIC, TIMER_SLOT } from "../format.ts";
import { readTimerCheckpoint } from "../timer_checkpoint.ts";
import { TimerStore } from "../timer_store.ts";
import { TIMER_FINDINGS } from "./timer_findings.ts";

const CHECKPOINT = "store/config/timercheck";
const TIMER_LOG = `store/timerlog/${FIRST}`;
/** A unit that is still to be delivered, and its slot in the wheel. */
const PENDING = 104;
const SLOT = 211_959 * TIMER_SLOT.size;

/** Parks messages until so many seconds after what is delivered, and loses the wheel. */
function parkWithoutWheel(files: MemoryFiles, seconds: readonly number[]): void {
  const checkpoint = readTimerCheckpoint(files, CHECKPOINT)!;
  files.remove("store/timerwheel");
  files.remove(TIMER_LOG);
  using timers = TimerStore.open({
    fs: files,
    root: "store",
    fileBytes: 5200,
    precisionMs: 1000,
    now: () => checkpoint.lastReadTime,
    logEnd: Infinity,
    queueOffsetAt: () => undefined,
  });
  for (const after of seconds) {
    timers.park({
      magic: TIMER_MAGIC.default,
      enqueueTime: checkpoint.lastReadTime,
      dueTime: checkpoint.lastReadTime + after * 1000,
      physicalOffset: 0,
      messageSize: 365,
      topicHash: 0,
    });
  }
  timers.write();
  const page = new Uint8Array(TIMER_CHECKPOINT.size);
  TIMER_CHECKPOINT.write(new DataView(page.buffer), 0, {
    ...checkpoint,
    lastTimerLogFlushPosition: timers.end,
  });
  write(files, CHECKPOINT, 0, page);
}

testFindings(TIMER_FINDINGS, {
  "timer-wheel-length": {
    store: TIMED,
    damage: (files) => files.cut("store/timerwheel", 32_000),
    finds: ["error timer-wheel-length timerwheel 0+32000"],
  },
  "timer-log-wrong-length": {
    store: TIMED,
    damage: (files) => files.put("store/timerlog/00000000000000005200", new Uint8Array(104)),
    finds: [
      "error timer-log-wrong-length timerlog/00000000000000005200 0+104",
      // The first file is not the last any more, and does not go on to its end.
      `error timer-log-bad-unit timerlog/${FIRST} 1352+3848`,
    ],
  },
  "timer-log-missing-file": {
    store: TIMED,
    damage: (files) => {
      files.put("store/timerlog/00000000000000010400", files.snapshot().get(TIMER_LOG)!);
    },
    finds: [
      "error timer-log-missing-file timerlog/00000000000000010400 5200+5200",
      `error timer-log-bad-unit timerlog/${FIRST} 1352+3848`,
    ],
  },
  "timer-log-stray-file": {
    store: TIMED,
    damage: (files) => files.put("store/timerlog/notes.txt", new Uint8Array(3)),
    finds: ["warning timer-log-stray-file timerlog/notes.txt 0+0"],
  },
  "timer-log-bad-unit": {
    store: TIMED,
    damage: (files) => files.flip(TIMER_LOG, 52 + TIMER_LOG_UNIT.at.size + 3),
    finds: [`error timer-log-bad-unit timerlog/${FIRST} 52+52`],
  },
  "timer-unit-dangling": {
    store: TIMED,
    damage: (files) => files.flip(TIMER_LOG, PENDING + TIMER_LOG_UNIT.at.physicalOffset + 7),
    finds: [`error timer-unit-dangling timerlog/${FIRST} ${PENDING}+52`],
  },
  "timer-unit-below-log": {
    store: EXPIRED,
    damage: (files) => {
      const bytes = new Uint8Array(5200);
      TIMER_LOG_UNIT.write(new DataView(bytes.buffer), 0, {
        size: TIMER_LOG_UNIT.size,
        prevPosition: -1,
        magic: TIMER_MAGIC.default,
        enqueueTime: 1_795_254_757_000,
        delayMs: 3_602_000,
        physicalOffset: 0,
        messageSize: 365,
        topicHash: 0,
        reserved: 0,
      });
      files.put(TIMER_LOG, bytes);
      files.put("store/config/timercheck", new Uint8Array(4096));
    },
    finds: [`warning timer-unit-below-log timerlog/${FIRST} 0+52`],
  },
  "timer-unit-unlinked": {
    store: TIMED,
    // Of 250 in three files, the last two are linked anew: none of them is due in the first second.
    damage: (files) => parkWithoutWheel(files, [...Array(14).fill(1), ...Array(236).fill(2)]),
    finds: [`error timer-unit-unlinked timerlog/${FIRST} 0+728`],
  },
  "timer-slot-ahead": {
    store: TIMED,
    damage: (files) => files.zero(TIMER_LOG, 1300, 52),
    finds: [
      "warning timer-slot-ahead timerwheel 9432256+32",
      "warning timer-checkpoint-ahead config/timercheck 8+8",
    ],
  },
  "timer-slot-wrong": {
    store: TIMED,
    // From the unit at 104 to that at 108, which is none.
    damage: (files) => files.flip("store/timerwheel", SLOT + TIMER_SLOT.at.lastPosition + 7, 4),
    finds: [`warning timer-slot-wrong timerwheel ${SLOT}+32`],
  },
  "timer-checkpoint-ahead": {
    store: TIMED,
    damage: (files) =>
      files.flip("store/config/timercheck", TIMER_CHECKPOINT.at.lastTimerQueueOffset + 7),
    finds: ["warning timer-checkpoint-ahead config/timercheck 16+8"],
  },
  "timer-checkpoint-wrong-length": {
    store: TIMED,
    damage: (files) => files.cut("store/config/timercheck", 100),
    finds: ["warning timer-checkpoint-wrong-length config/timercheck 0+100"],
  },
}, [
  "timer-wheel-length",
  "timer-log-wrong-length",
  "timer-log-missing-file",
  "timer-log-stray-file",
  "timer-checkpoint-wrong-length",
]);

/**
 * What can be found in the timer's files (5.x). Codes are never renamed.
 *
 * @module
 */
import type { FindingAbout } from "./finding_about.ts";

/** While `config/timercheck` stays, the broker takes what it says to be parked for done. */
const BUILD_ANEW = "move timerwheel, timerlog and config/timercheck elsewhere, all three: the " +
  "broker builds them from the timer topic, and may deliver again what it has delivered";

/** Codes and what they stand for. */
export const TIMER_FINDINGS = {
  "timer-wheel-length": {
    kind: "timer",
    severity: "error",
    about: "a Java broker with timers does not start: the wheel has another length",
    java: "does not start: the wheel has seven days of slots, twice",
    fix: BUILD_ANEW,
    example: "file is 32000 bytes instead of 38707200",
  },
  "timer-log-wrong-length": {
    kind: "timer",
    severity: "error",
    about: "a Java broker with timers does not start: all files of the timer log are equally long",
    java: "does not start: all files of the timer log are equally long",
    fix: BUILD_ANEW,
    example: "file is 104 bytes, the others are 5200",
  },
  "timer-log-missing-file": {
    kind: "timer",
    severity: "error",
    about: "timed messages of the range are not delivered",
    java: "reads nothing there: slots that lead there deliver nothing",
    fix:
      "set lastTimerQueueOffset back by moving config/timercheck away: the broker parks them again",
    example: "no file for positions 5200 to 10400 of the timer log",
  },
  "timer-log-stray-file": {
    kind: "timer",
    severity: "warning",
    about: "a Java broker with timers may not start with a file that is none of the timer log's",
    java:
      "takes every file of the folder for one of the log: a name that is no number ends its start",
    fix: "move it elsewhere",
    example: '"notes.txt" is no file of the timer log',
  },
  "timer-log-bad-unit": {
    kind: "timer",
    severity: "error",
    about:
      "no unit stands here: what is behind it in the timer log is not delivered until it was parked again",
    java:
      "cuts the timer log there when it starts and parks what is behind again, as far as the timer topic's queue tells",
    fix: "start the broker: it cuts the timer log and parks again what it can",
    example: "no unit at 52 of the timer log",
  },
  "timer-unit-dangling": {
    kind: "timer",
    severity: "error",
    about: "a timed message that is still to be delivered has no sound record in the log",
    java:
      "delivery of the slot fails and is tried again for ever: what is due later waits behind it",
    fix: "bring the log's range back from a replica",
    example: "unit at 104: leads to no record at 746",
  },
  "timer-unit-below-log": {
    kind: "timer",
    severity: "warning",
    about: "timed messages expired before they were due: they are never delivered",
    java: "finds no message there and passes on",
    fix: "keep messages longer than they are timed ahead (fileReservedTime)",
    example: "unit at 0: the log begins behind log offset 0",
  },
  "timer-unit-unlinked": {
    kind: "timer",
    severity: "error",
    about:
      "timed messages that are still to be delivered, and no slot of the wheel leads to them: they are never delivered",
    java:
      "links units of the last two files anew when it starts; what lies before them it does not find",
    fix: BUILD_ANEW,
    example: "14 units: no slot of the wheel leads here",
  },
  "timer-slot-ahead": {
    kind: "timer",
    severity: "warning",
    about: "slots of the wheel lead behind the end of the timer log",
    java: "5.x reads the timer log again from one file before the checkpoint's place",
    fix: "nothing: a start of the broker links them anew from the timer log",
    example: "slot 294758: leads to 1300 of the timer log, which ends at 1300",
  },
  "timer-slot-wrong": {
    kind: "timer",
    severity: "warning",
    about: "a slot of the wheel leads to a unit that is due at another time, or to none",
    java: "delivers what the slot leads to when the slot is due",
    fix: BUILD_ANEW,
    example: "slot 211959: leads to no unit at 108",
  },
  "timer-checkpoint-ahead": {
    kind: "timer",
    severity: "warning",
    about:
      "config/timercheck speaks of more than timer log or timer topic have: timed messages may be passed over",
    java:
      "trusts it: what it says to be parked is not read again, what it says to be delivered is not delivered",
    fix:
      "mq recover --apply brings the index of the timer's queue back to its end; where it is the timer " +
      "log that ends before, move config/timercheck elsewhere: the broker parks again what it finds",
    example: "lastTimerQueueOffset is 27, the queue of rmq_sys_wheel_timer ends at 26",
  },
  "timer-checkpoint-wrong-length": {
    kind: "timer",
    severity: "warning",
    about: "what the file is too short for reads as zero",
    java: "maps one page: what is missing reads as zero",
    fix: "nothing: the broker writes it anew",
    example: "file is 100 bytes instead of 4096",
  },
} as const satisfies Readonly<Record<string, FindingAbout>>;

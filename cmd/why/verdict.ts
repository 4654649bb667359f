/**
 * What a broker would do with a store, in numbers: whether it starts, and what is lost when it does.
 *
 * @module
 */
import type { RepairAction } from "../../store/repair/action.ts";
import type { StartReport } from "./java_starts.ts";
import type { WhyBroker, WhyReason } from "./why_reason.ts";

/** What a broker does with the store. */
export interface WhyVerdict {
  readonly kind: "verdict";
  readonly release: WhyBroker;
  readonly starts: boolean;
  /** Messages in the log, and those its start would destroy, or `mq recover` give up. */
  readonly messages: number;
  readonly destroyed: number;
  /** Surviving messages that would stand in no queue, and units at a wrong index. */
  readonly inNoQueue: number;
  readonly atWrongIndex: number;
  /** Keys of surviving messages that would be gone for good. */
  readonly keysLost: number;
  /** What else holds of releases near to the one that was asked. */
  readonly note?: string;
}

/** Whether a broker of the release starts and has everything. */
export function isWhole(verdict: WhyVerdict): boolean {
  const { starts, destroyed, inNoQueue, atWrongIndex, keysLost } = verdict;
  return starts && destroyed + inNoQueue + atWrongIndex + keysLost === 0;
}

/** What a start costs that loses nothing. */
export const NOTHING_LOST = { destroyed: 0, inNoQueue: 0, atWrongIndex: 0, keysLost: 0 } as const;

/** A broker that does not start does no harm. */
export function verdict(
  release: WhyBroker,
  reasons: readonly WhyReason[],
  costs: Omit<WhyVerdict, "kind" | "release" | "starts">,
): WhyVerdict {
  const starts = !reasons.some((it) => it.effect === "refuses" && it.releases.includes(release));
  if (starts) return { kind: "verdict", release, starts, ...costs };
  const { messages } = costs;
  return { kind: "verdict", release, starts, messages, ...NOTHING_LOST };
}

/** Java: `CommitLog.recoverNormally` dispatches since 5.3.2. */
const CAUGHT_UP =
  "it builds queues from the log here; releases of 5 before 5.3.2 leave them as they are";

/** What the verdicts follow from, beside what the starts of Java's brokers came to. */
export interface VerdictView {
  readonly reasons: readonly WhyReason[];
  /** What `mq recover` would do. */
  readonly actions: readonly Pick<RepairAction, "messagesLost">[];
  /** Messages that stand in no queue after it. */
  readonly unqueued: number;
}

/** The verdicts on Java's brokers, and on this project's. */
export function verdictsOf(
  reports: { readonly messages: number; readonly starts: readonly StartReport[] },
  { reasons, actions, unqueued }: VerdictView,
): WhyVerdict[] {
  const given = actions.reduce((sum, it) => sum + it.messagesLost, 0);
  const messages = reports.messages + given;
  const costs = { ...NOTHING_LOST, destroyed: given, inNoQueue: unqueued };
  const ours = verdict("mq", reasons, { ...costs, messages });
  const javas = reports.starts.map((report) => {
    const { release, stoppedCleanly, dispatched } = report;
    const isCaughtUp = release === "5.x" && stoppedCleanly && dispatched > 0;
    return verdict(release, reasons, {
      messages,
      destroyed: messages - report.messagesAfter,
      inNoQueue: report.inNoQueue,
      atWrongIndex: report.atWrongIndex,
      keysLost: Math.max(report.keysLost, report.keysMissing),
      ...(isCaughtUp && { note: CAUGHT_UP }),
    });
  });
  return [...javas, ours];
}

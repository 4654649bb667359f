/**
 * What `mq why` prints for somebody who was woken by it.
 *
 * @module
 */
import { relative } from "node:path";
import { counted } from "../output/counted.ts";
import { storeWords } from "../output/shell_words.ts";
import { cellText } from "../output/table.ts";
import { toned } from "../output/tone.ts";
import type { Terminal } from "../terminal.ts";
import { isWhole, type WhyVerdict } from "./verdict.ts";
import type { WhyAnswer } from "./why.ts";
import type { WhyBroker, WhyReason } from "./why_reason.ts";

/** Prints the answer. */
export function printWhy(terminal: Terminal, answer: WhyAnswer): void {
  const { out, colors = false } = terminal;
  const heading = (text: string, isBad: boolean) => {
    out.write(colors ? toned(`${text}\n`, isBad ? "bad" : "heading") : `${text}\n`);
  };
  const told = new Set<WhyReason>();
  for (const verdict of answer.verdicts) {
    const reasons = answer.reasons.filter((it) => it.releases.includes(verdict.release));
    const forgets = reasons.some((it) => it.effect !== "refuses");
    heading(verdictText(verdict, forgets), forgets || !isWhole(verdict));
    if (verdict.note !== undefined && verdict.starts) out.write(`  ${verdict.note}\n`);
    for (const reason of reasons.slice(0, REASONS_MAX)) {
      out.write(reasonText(reason, answer, told.has(reason)));
      told.add(reason);
    }
    out.write(moreText(reasons));
  }
  if (answer.verdicts.length === 0) {
    for (const reason of answer.reasons) {
      heading(`${listed(reason.releases.map(brokerName))} ${EFFECT[reason.effect]}:`, true);
      out.write(reasonText(reason, answer));
    }
  }
  if (answer.findings.length > 0) {
    out.write("\n");
    heading("What is behind it:", false);
    for (const finding of answer.findings) {
      const { severity, code, file, offset, message, more, java } = finding;
      const place = `${relative(answer.store, file) || file} at ${offset}`;
      const others = more === 0 ? "" : `, and ${more} more of this code`;
      out.write(`  ${severity} ${code}: ${cellText(place)}: ${cellText(message)}${others}\n`);
      out.write(`    Java: ${java}.\n`);
    }
  }
  out.write(nextText(answer, terminal.commitLogPath));
}

function verdictText(verdict: WhyVerdict, forgets: boolean): string {
  const { release, starts, messages, destroyed } = verdict;
  const broker = brokerName(release);
  if (!starts) return `${broker} does not start on this store.`;
  if (isWhole(verdict)) {
    if (forgets && messages === 0) return `${broker} starts, and has no message:`;
    const all = `${broker} starts, and has all ${counted(messages, "message")}`;
    return forgets ? `${all} in its log, but:` : `${all}.`;
  }
  if (release === "mq") {
    const lost = destroyed + verdict.inNoQueue;
    return `mq starts, and has all but ${lost} of ${counted(messages, "message")}.`;
  }
  const parts = [
    destroyed > 0 ? `destroys ${destroyed} of ${counted(messages, "message")}` : "",
    verdict.inNoQueue > 0 ? `leaves ${counted(verdict.inNoQueue, "message")} in no queue` : "",
    verdict.atWrongIndex > 0
      ? `has ${counted(verdict.atWrongIndex, "message")} at a wrong index`
      : "",
    verdict.keysLost > 0 ? `forgets ${counted(verdict.keysLost, "key")}` : "",
  ].filter((part) => part !== "");
  return `${broker} starts, and ${listed(parts)}.`;
}

/** Reasons of one broker that are told in full. */
const REASONS_MAX = 10;

function moreText(reasons: readonly WhyReason[]): string {
  const more = reasons.length - REASONS_MAX;
  return more <= 0 ? "" : `  and ${more} more; mq why -o jsonl tells all\n`;
}

/** What the model of a release was made from. */
function brokerName(broker: WhyBroker): string {
  return broker === "mq" ? broker : broker === "5.x" ? "Java 5.5" : `Java ${broker}`;
}

/** What each effect is, said of several brokers or one. */
const EFFECT: Readonly<Record<WhyReason["effect"], string>> = {
  refuses: "cannot start on this store",
  loses: "would start, and not have everything",
  unserved: "would not do its work in full",
};

function listed(parts: readonly string[]): string {
  const last = parts.at(-1)!;
  return parts.length === 1 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}

/** A reason several brokers share is told in full only once. */
function reasonText(reason: WhyReason, { store }: WhyAnswer, isTold = false): string {
  const place = relative(store, reason.file) || reason.file;
  if (isTold) {
    return `  ${cellText(place)}: as above\n`;
  }
  return `  ${cellText(place)}: ${cellText(reason.message)}\n    What to do: ${reason.fix}.\n`;
}

function nextText(
  { store: root, isRepairable, isInUse, reasons, verdicts }: WhyAnswer,
  commitLogPath: string | undefined,
): string {
  const store = storeWords(root, commitLogPath);
  if (isInUse) return "\nStop the broker first, then ask again: a store in use is not repaired.\n";
  if (isRepairable) return `\nNext: mq recover ${store}\n`;
  if (reasons.length > 0) return "";
  return verdicts.every(isWhole) ? "" : `\nNext: mq verify ${store}\n`;
}

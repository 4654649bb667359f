/**
 * What a verification takes for a mere fact of a store's configuration, because a young store has it,
 * too, and who asks why a broker comes up short must know.
 *
 * @module
 */
import type { Finding, FindingCode } from "../../store/check/findings.ts";
import { EVERY_BROKER, type WhyEffect, type WhyReason } from "./why_reason.ts";

/** What a broker makes of a fact. */
interface Fact {
  readonly effect: WhyEffect;
  /** Follows what was found. */
  readonly then: string;
}

const FACTS: Readonly<Partial<Record<FindingCode, Fact>>> = {
  "config-delay-offsets-missing": {
    effect: "loses",
    then: "a broker delivers every message again that their queues still have",
  },
  // Java 4.9.7: `AdminBrokerProcessor.deleteTopic` asks the store for `cleanUnusedTopic`.
  "config-topic-unknown": {
    effect: "unserved",
    then:
      "a broker does not know these topics: clients get no route to them, and their queues go " +
      "with cleanUnusedTopic, and where Java 4.9 is told to delete any other topic",
  },
};

/** The reasons that follow from facts. */
export function factReasons(findings: readonly Finding[]): WhyReason[] {
  return findings.flatMap(({ code, file, message, fix }) => {
    const fact = FACTS[code];
    if (fact === undefined) return [];
    const { effect, then } = fact;
    return [{ effect, releases: EVERY_BROKER, file, message: `${message}; ${then}`, fix }];
  });
}

/** Whether a fact is a reason. */
export function isReason({ code }: Finding): boolean {
  return FACTS[code] !== undefined;
}

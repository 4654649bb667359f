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

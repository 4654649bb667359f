/**
 * What `mq why` shows of a verification: the first finding of each code, and how many more there are.
 *
 * @module
 */
import { type Finding, FINDINGS } from "../../store/check/findings.ts";
import type { JavaRefusal } from "../../store/exact/java_files.ts";

/** The first finding of a code. */
export interface WhyFinding extends Finding {
  /** Other findings of the code. */
  readonly more: number;
  /** What a Java broker does with it. */
  readonly java: string;
}

/** Codes of files that are none of the folder's: whether a start ends depends on where they stand. */
const STRAYS: ReadonlySet<Finding["code"]> = new Set(["log-stray-file", "queue-stray-file"]);

/** Findings by their codes. */
export class FoundCodes {
  readonly #codes = new Map<Finding["code"], { readonly first: Finding; more: number }>();

  /** Adds a finding. */
  add(it: Finding): void {
    const known = this.#codes.get(it.code);
    if (known === undefined) this.#codes.set(it.code, { first: it, more: 0 });
    else known.more++;
  }

  /** The first of each code. */
  get first(): readonly Finding[] {
    return [...this.#codes.values()].map((it) => it.first);
  }

  /** What is told, once it is known which files the starts refuse. */
  told(refusals: readonly JavaRefusal[]): WhyFinding[] {
    const refused = new Set(refusals.map(({ file }) => file));
    return [...this.#codes.values()].map(({ first, more }) => {
      const isHarmless = STRAYS.has(first.code) && !refused.has(first.file);
      return { ...first, more, java: isHarmless ? "passes over it" : FINDINGS[first.code].java };
    });
  }
}

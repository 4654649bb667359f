/**
 * One reason why a store would not start, or come up short.
 *
 * @module
 */
import type { JavaRelease } from "../../store/exact/java_release.ts";

/** Releases of Java that are asked about. */
export const WHY_RELEASES = ["4.9", "5.x"] as const satisfies readonly JavaRelease[];

/** One of {@linkcode WHY_RELEASES}. */
export type WhyRelease = (typeof WHY_RELEASES)[number];

/** A broker that is told of: Java's, or this project's. */
export type WhyBroker = WhyRelease | "mq";

/** What stops every broker. */
export const EVERY_BROKER: readonly WhyBroker[] = [...WHY_RELEASES, "mq"];

/** What a reason does. */
export type WhyEffect =
  /** The broker does not start. */
  | "refuses"
  /** It starts, and messages are gone or forgotten. */
  | "loses"
  /** It starts, and does not do its work, or not all of it. */
  | "unserved";

/** A reason. */
export interface WhyReason {
  readonly effect: WhyEffect;
  readonly releases: readonly WhyBroker[];
  readonly file: string;
  readonly message: string;
  readonly fix: string;
}

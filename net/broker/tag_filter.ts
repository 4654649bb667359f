/**
 * Which messages of a queue a tag subscription keeps. The broker decides by the hash of the tag, which
 * stands in the consume queue, and never looks into records; two tags may share a hash, so clients
 * compare the tag itself once more (Java: `FilterAPI`, `ExpressionMessageFilter`).
 *
 * @module
 */

import { stringHash } from "../../store/hash.ts";
import type { SubscriptionData } from "../wire/heartbeat.ts";

/** Keeps messages by their tag. */
export interface TagFilter {
  /** Hashes of the wanted tags; without them every message is wanted. */
  readonly codes: ReadonlySet<number> | undefined;
}

const ALL: TagFilter = { codes: undefined };
const ALL_TEXT = "*";
const OR = "||";
const TAG_TYPE = "TAG";

/** Whether an expression of this type is one of tags; it is where the type is not said. */
export function isTagType(expressionType: string | undefined): boolean {
  return expressionType === undefined || expressionType === "" || expressionType === TAG_TYPE;
}

/**
 * The filter of a tag expression such as `TagA || TagB`; `undefined` when it names no tag although it
 * is not empty, which Java refuses, too.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { keepsTag, parseTags } from "./tag_filter.ts";
 * import { stringHash } from "../../store/hash.ts";
 *
 * const filter = parseTags("TagA || TagB")!;
 * assert(keepsTag(filter, stringHash("TagB")));
 * assert(!keepsTag(filter, stringHash("TagC")));
 * ```
 */
export function parseTags(expression: string | undefined): TagFilter | undefined {
  if (expression === undefined || expression === "" || expression === ALL_TEXT) return ALL;
  const parts = expression.split(OR);
  if (parts.every((part) => part === "")) return undefined;
  const tags = parts.map((part) => part.trim()).filter((tag) => tag !== "");
  return { codes: new Set(tags.map((tag) => stringHash(tag))) };
}

/** A client subscribes once and pulls often. */
const known = new WeakMap<SubscriptionData, TagFilter>();

/** The filter of a subscription that a client's heartbeat told. */
export function tagFilterOf(subscription: SubscriptionData): TagFilter {
  let filter = known.get(subscription);
  if (filter === undefined) {
    filter = makeFilter(subscription);
    known.set(subscription, filter);
  }
  return filter;
}

/** Whether a message with this tag hash is wanted. */
export function keepsTag({ codes }: TagFilter, tagsCode: number): boolean {
  return codes === undefined || codes.has(tagsCode | 0);
}

/** The filter as the store asks it, with the 64 bits of a consume queue unit. */
export function unitFilterOf({ codes }: TagFilter): ((tagsCode: bigint) => boolean) | undefined {
  if (codes === undefined) return undefined;
  return (tagsCode) => codes.has(Number(BigInt.asIntN(TAG_BITS, tagsCode)));
}

const TAG_BITS = 32;

function makeFilter({ subString, codeSet, classFilterMode }: SubscriptionData): TagFilter {
  if (classFilterMode || subString === ALL_TEXT) return ALL;
  // Clients in other languages may leave the hashes to the broker.
  if (codeSet.length === 0) return parseTags(subString) ?? ALL;
  return { codes: new Set(codeSet) };
}

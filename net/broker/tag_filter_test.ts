import assert from "node:assert/strict";
import { subscriptionTo } from "../../testdata/consumer_side.ts";
import { stringHash } from "../../store/hash.ts";
import type { SubscriptionData } from "../wire/heartbeat.ts";
import { isTagType, keepsTag, parseTags, tagFilterOf, unitFilterOf } from "./tag_filter.ts";

function subscription(changes: Partial<SubscriptionData>): SubscriptionData {
  return subscriptionTo("T", changes);
}

Deno.test("parseTags() takes tags between bars, without blanks and empty ones", () => {
  const filter = parseTags(" TagA||TagB || || 标签C");
  assert.deepEqual(filter?.codes, new Set(["TagA", "TagB", "标签C"].map((tag) => stringHash(tag))));
});

Deno.test("parseTags() keeps everything for no expression, an empty one and a star", () => {
  for (const expression of [undefined, "", "*"]) {
    assert.equal(parseTags(expression)?.codes, undefined);
    assert(keepsTag(parseTags(expression)!, 7));
  }
});

Deno.test("parseTags() refuses nothing but bars, and keeps nothing for nothing but blanks", () => {
  assert.equal(parseTags("||"), undefined);
  assert.equal(parseTags("||||"), undefined);
  assert.deepEqual(parseTags(" || ")?.codes, new Set());
});

Deno.test("keepsTag() compares the low 32 bits, signed, as units hold them", () => {
  const filter = parseTags("polygenelubricants")!;
  assert.equal(stringHash("polygenelubricants"), -(2 ** 31));
  assert(keepsTag(filter, -(2 ** 31)));
  assert(keepsTag(filter, 2 ** 31));
  assert(!keepsTag(filter, 0));
});

Deno.test("unitFilterOf() reads 64 bits of a unit, and is absent where all are kept", () => {
  assert.equal(unitFilterOf(parseTags("*")!), undefined);
  const matches = unitFilterOf(parseTags("TagA")!)!;
  const code = BigInt(stringHash("TagA"));
  assert(matches(code));
  assert(matches(code + (7n << 32n)));
  assert(!matches(code + 1n));
});

Deno.test("tagFilterOf() trusts the client's hashes, makes missing ones, and is made once", () => {
  const sent = subscription({ subString: "TagA", codeSet: [1, -2] });
  assert.deepEqual(tagFilterOf(sent).codes, new Set([1, -2]));
  assert.equal(tagFilterOf(sent), tagFilterOf(sent));
  const bare = subscription({ subString: "TagA || TagB" });
  assert.deepEqual(tagFilterOf(bare).codes, new Set([stringHash("TagA"), stringHash("TagB")]));
});

Deno.test("tagFilterOf() keeps everything for a star and for a class filter", () => {
  assert.equal(tagFilterOf(subscription({ codeSet: [1] })).codes, undefined);
  const byClass = subscription({ subString: "TagA", codeSet: [1], classFilterMode: true });
  assert.equal(tagFilterOf(byClass).codes, undefined);
});

Deno.test("isTagType() takes an unsaid type for tags", () => {
  assert.deepEqual([undefined, "", "TAG", "SQL92", "tag"].map(isTagType), [
    true,
    true,
    true,
    false,
    false,
  ]);
});

import assert from "node:assert/strict";
import { parseProperties } from "../../../store/properties.ts";
import { BatchCursor } from "../../wire/batch_body.ts";
import { UniqueIds } from "../../wire/unique_ids.ts";
import type { Message } from "../message.ts";
import { Namespace } from "../namespace.ts";
import { batchDrafts } from "./batch.ts";
import { type Draft, Drafts } from "./draft.ts";

function batches(messages: readonly Message[], bytesMax = 4 << 20): Draft[] {
  const now = () => 1_700_000_000_000;
  const ids = new UniqueIds({ address: Uint8Array.of(10, 0, 0, 1), pid: 1, now, random: () => 0 });
  const drafts = new Drafts({
    namespace: new Namespace(),
    ids,
    now,
    bodyBytesMax: 4 << 20,
    compressOver: 10,
    compression: "zlib",
  });
  return batchDrafts(messages, { drafts, now, bytesMax });
}

Deno.test("batchDrafts() puts neighbours of a topic into one request, as brokers read it", () => {
  const [draft, ...others] = batches([
    { topic: "T", body: "a longer body is not compressed", tag: "A", flag: 7 },
    { topic: "T", body: "two", keys: "k" },
  ]);
  assert.equal(others.length, 0);
  assert.deepEqual([draft!.batch, draft!.sysFlag, draft!.topic], [true, 0, "T"]);
  assert.deepEqual([...parseProperties(draft!.properties)], [["WAIT", "true"]]);
  const cursor = new BatchCursor(draft!.body);
  const found: unknown[] = [];
  while (cursor.next()) {
    const { UNIQ_KEY, ...rest } = Object.fromEntries(
      parseProperties(new TextDecoder().decode(cursor.properties)),
    );
    found.push([new TextDecoder().decode(cursor.body), cursor.flag, rest, UNIQ_KEY]);
  }
  assert.deepEqual(found, [
    ["a longer body is not compressed", 7, { WAIT: "true", TAGS: "A" }, draft!.messageIds[0]],
    ["two", 0, { WAIT: "true", KEYS: "k" }, draft!.messageIds[1]],
  ]);
});

Deno.test("batchDrafts() begins anew with another topic, another wait, and where it is full", () => {
  const message = (topic: string, size = 1, waitStored = true) => {
    return { topic, body: new Uint8Array(size).fill(1), waitStored };
  };
  const counts = (drafts: readonly Draft[]) =>
    drafts.map((it) => `${it.topic}${it.messages.length}`);
  assert.deepEqual(
    counts(
      batches([message("A"), message("A"), message("B"), message("A"), message("A", 1, false)]),
    ),
    ["A2", "B1", "A1", "A1"],
  );
  const thousand = Array.from({ length: 100 }, () => message("A", 1000));
  const split = batches(thousand, 20_000);
  assert.equal(split.reduce((sum, it) => sum + it.messages.length, 0), 100);
  assert(split.length >= 5 && split.length <= 10, counts(split).join());
  assert(split.every((it) => it.body.length < 20_000));
  // What is too large for any goes alone.
  assert.deepEqual(
    counts(batches([message("A", 5), message("A", 30_000), message("A", 5)], 20_000)),
    [
      "A1",
      "A1",
      "A1",
    ],
  );
  assert.deepEqual(batches([]), []);
});

Deno.test("batchDrafts() refuses what cannot stand in a batch", () => {
  const bad: readonly (readonly [Message, RegExp])[] = [
    [{ topic: "T", body: "x", delayLevel: 1 }, /delayed messages are sent one by one/],
    [{ topic: "%RETRY%g", body: "x" }, /retry topics take no batches/],
    [{ topic: "T", body: "" }, /body is empty/],
  ];
  for (const [message, pattern] of bad) {
    assert.throws(() => batches([{ topic: "T", body: "x" }, message]), pattern);
  }
});

Deno.test("batchDrafts() keeps the properties of each message apart, whatever their characters take", () => {
  for (const tags of [["a", "b", "c"], ["a", "bezählt", "c"], ["日本", "b", "𝒯"]]) {
    const [draft] = batches(tags.map((tag) => ({ topic: "T", body: "x", tag })));
    const cursor = new BatchCursor(draft!.body);
    for (const tag of tags) {
      assert.ok(cursor.next());
      const properties = parseProperties(new TextDecoder().decode(cursor.properties));
      assert.equal(properties.get("TAGS"), tag);
    }
    assert.equal(cursor.next(), false);
  }
});

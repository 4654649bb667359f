import assert from "node:assert/strict";
import { readBody } from "../../../store/body.ts";
import { parseProperties } from "../../../store/properties.ts";
import { UniqueIds } from "../../wire/unique_ids.ts";
import type { Message } from "../message.ts";
import { Namespace } from "../namespace.ts";
import { Drafts } from "./draft.ts";

const NOW = new Date(2026, 10, 22).getTime();

function drafts({ namespace = "", bodyBytesMax = 1 << 20, compressOver = 4096 } = {}): Drafts {
  const ids = new UniqueIds({
    address: Uint8Array.of(10, 0, 0, 1),
    pid: 1,
    now: () => NOW,
    random: () => 0,
  });
  return new Drafts({
    namespace: new Namespace(namespace),
    ids,
    now: () => NOW,
    bodyBytesMax,
    compressOver,
    compression: "zlib",
  });
}

function properties(message: Partial<Message>, namespace = ""): Record<string, string> {
  const draft = drafts({ namespace }).one({ topic: "T", body: "x", ...message });
  const { UNIQ_KEY, ...rest } = Object.fromEntries(parseProperties(draft.properties));
  assert.equal(UNIQ_KEY, draft.messageIds[0]);
  return rest;
}

function refusal(message: Partial<Message>, options = {}): string {
  let text = "";
  assert.throws(
    () => drafts(options).one({ topic: "T", body: "x", ...message }),
    (error: Error & { kind: string }) => {
      text = error.message;
      return error.kind === "invalid";
    },
  );
  return text;
}

Deno.test("Drafts.one() writes properties as Java's clients do", () => {
  assert.deepEqual(properties({}), { WAIT: "true" });
  assert.deepEqual(properties({ tag: "", keys: "" }), { WAIT: "true" });
  assert.deepEqual(
    properties({
      tag: "paid",
      keys: ["order-17", "customer-4"],
      waitStored: false,
      delayLevel: 3,
      properties: { price: "10", "größe": "L" },
    }, "eu"),
    {
      WAIT: "false",
      TAGS: "paid",
      KEYS: "order-17 customer-4",
      DELAY: "3",
      INSTANCE_ID: "eu",
      price: "10",
      "größe": "L",
    },
  );
  assert.equal(properties({ keys: "a b" })["KEYS"], "a b");
  assert.equal(properties({ deliverAt: new Date(NOW) })["TIMER_DELIVER_MS"], String(NOW));
  assert.equal(properties({ deliverAt: NOW + 0.5 })["TIMER_DELIVER_MS"], String(NOW + 1));
  assert.equal(properties({ delayMs: 1500 })["TIMER_DELAY_MS"], "1500");
});

Deno.test("Drafts.one() gives each message an id, a topic on the wire and its bytes", () => {
  const made = drafts({ namespace: "eu" });
  const one = made.one({ topic: "T", body: "é", flag: -7 });
  assert.deepEqual([one.topic, one.flag, one.sysFlag, one.bornTimestamp, one.kind], [
    "eu%T",
    -7,
    0,
    NOW,
    "normal",
  ]);
  assert.deepEqual(one.body, Uint8Array.of(0xc3, 0xa9));
  const other = made.one({ topic: "T", body: "x", delayLevel: 1 });
  assert.notEqual(other.messageIds[0], one.messageIds[0]);
  assert.equal(other.kind, "delayed");
  assert.deepEqual([...made.topics], ["eu%T"]);
});

Deno.test("Drafts.one() compresses, and adds what its caller says", () => {
  const body = "x".repeat(5000);
  const draft = drafts().one({ topic: "T", body }, {
    sysFlag: 4,
    kind: "half",
    properties: [["TRAN_MSG", "true"]],
  });
  assert.deepEqual([draft.sysFlag, draft.kind], [0x305, "half"]);
  const read = readBody(draft.body, draft.sysFlag);
  assert(read.state === "ok" && read.body.length === 5000);
  assert.equal(parseProperties(draft.properties).get("TRAN_MSG"), "true");
  assert.equal(drafts().one({ topic: "T", body: "" }, { mayBeEmpty: true }).body.length, 0);
});

Deno.test("Drafts.one() refuses what no broker takes, with value and limit", () => {
  const to = 'Cannot send to topic "T": ';
  const cases: readonly (readonly [Partial<Message>, string])[] = [
    [{ body: "" }, `${to}body is empty`],
    [{ body: new Uint8Array((1 << 20) + 1) }, `${to}body is 1048577 bytes, limit is 1048576`],
    [{ body: 17 as never }, `${to}body is 17, expected bytes or text`],
    [{ delayLevel: 0 }, `${to}delayLevel is 0, expected an integer from 1 to 2147483647`],
    [
      { delayLevel: 1, delayMs: 5 },
      `${to}of delayLevel, deliverAt and delayMs only one can be said`,
    ],
    [
      { deliverAt: new Date(NaN) },
      `${to}deliverAt is NaN, expected a number from 1 to ${2 ** 53 - 1}`,
    ],
    [
      { flag: 2 ** 31 },
      `${to}flag is 2147483648, expected an integer from ${-(2 ** 31)} to 2147483647`,
    ],
    [{ keys: 17 as never }, `${to}keys is 17, expected text or several`],
    [{ keys: ["a", 17 as never] }, `${to}key is 17, expected text`],
    [{ tag: 17 as never }, `${to}tag is 17, expected text`],
    [{ keys: ["a b"] }, `${to}key "a b" has a space; it would become several keys`],
    [{ properties: { TAGS: "x" } }, `${to}property "TAGS" is RocketMQ's own; choose another name`],
  ];
  for (const [message, expected] of cases) assert.equal(refusal(message), expected);
  assert.match(refusal({ tag: "a\u0001" }), /tag has a character U\+0001/);
  assert.match(refusal({ keys: "a\u0002" }), /keys has a character/);
  assert.match(refusal({ topic: "a b" }), /^Cannot send to topic "a b": its name may have/);
  assert.match(refusal({ topic: undefined as never }), /topic is undefined, expected a name/);
});

Deno.test("Drafts.one() measures properties in bytes, up to 32,767", () => {
  const id = 32 + "UNIQ_KEY".length + 2;
  const rest = 32_767 - id - "WAIT_true_".length - "p__".length;
  const fits = drafts().one({ topic: "T", body: "x", properties: { p: "a".repeat(rest) } });
  assert.equal(new TextEncoder().encode(fits.properties).length, 32_767);
  assert.match(
    refusal({ properties: { p: "a".repeat(rest + 1) } }),
    /are 32768 bytes, limit is 32767/,
  );
  assert.match(refusal({ properties: { p: "é".repeat(20_000) } }), /bytes, limit is 32767/);
});

import assert from "node:assert/strict";
import { Refusal } from "../rpc/refusal.ts";
import { changeAttributes } from "./topic_attributes.ts";

/** Attributes and a change, both as text, and the attributes or the remark that come of it. */
type Case = readonly [current: string, change: string, result: string];

function check([current, change, expected]: Case): void {
  const before = new Map(
    current.split(",").filter(Boolean).map((pair): [string, string] => {
      const [key = "", value = ""] = pair.split("=");
      return [key, value];
    }),
  );
  const copy = new Map(before);
  let result: string;
  try {
    result = [...changeAttributes(before, change)].map(([key, value]) => `${key}=${value}`).join();
  } catch (error) {
    assert(error instanceof Refusal, `${error}`);
    assert.equal(error.code, "INVALID_PARAMETER");
    result = error.message;
  }
  assert.equal(result, expected, `"${current}" changed by "${change}"`);
  assert.deepEqual(before, copy, "what was there stays as it is");
}

Deno.test("changeAttributes() changes as Java 5.5.0 does", () => {
  // What AttributeParser and AttributeUtil made of each; their remarks lack the broken part.
  const cases: readonly Case[] = [
    ["", "", ""],
    ["", ",,", ""],
    ["", "+message.type=FIFO", "message.type=FIFO"],
    ["", "+message.type=UNSPECIFIED", "message.type=UNSPECIFIED"],
    ["message.type=NORMAL", "+message.type=FIFO", "message.type=FIFO"],
    ["message.type=FIFO", "-message.type", ""],
    ["message.type=FIFO", "", "message.type=FIFO"],
    ["", "+queue.type=SimpleCQ", "queue.type=SimpleCQ"],
    ["", "+cleanup.policy=DELETE", "cleanup.policy=DELETE"],
    [
      "",
      "+message.type=FIFO,+cleanup.policy=DELETE",
      "message.type=FIFO,cleanup.policy=DELETE",
    ],
    ["x=1", "-a", "attempt to delete a nonexistent key: a"],
    ["", "+a=b", "unsupported key: a"],
    ["", "+message.type=fifo", "unsupported value of message.type: fifo"],
    ["", "message.type=FIFO", "attribute format is wrong: message.type=FIFO"],
    ["", "+message.type", "attribute format is wrong: +message.type"],
    ["message.type=FIFO", "-message.type=FIFO", "attribute format is wrong: -message.type=FIFO"],
    ["", "+message.type=FIFO, +cleanup.policy=DELETE", WRONG_BLANK],
    ["", " ", "attribute format is wrong:  "],
    ["", "+=x", "attribute format is wrong: +=x"],
    ["", "++a=b", "attribute format is wrong: ++a=b"],
    ["", "+message.type=FIFO,+message.type=DELAY", "key duplication: message.type"],
    ["message.type=FIFO", "+message.type=DELAY,-message.type", "key duplication: message.type"],
  ];
  cases.forEach(check);
});

const WRONG_BLANK = "attribute format is wrong:  +cleanup.policy=DELETE";

Deno.test("changeAttributes() refuses what Java takes and this broker would not do", () => {
  const cases: readonly Case[] = [
    ["", "+queue.type=BatchCQ", "attempt to update an unchangeable attribute. key: queue.type"],
    ["", "+cleanup.policy=COMPACTION", "unsupported value of cleanup.policy: COMPACTION"],
    ["", "+message.type=LITE", "unsupported value of message.type: LITE"],
    ["", "+message.type=PRIORITY", "unsupported value of message.type: PRIORITY"],
    ["", "+reserve.time=5", "unsupported key: reserve.time"],
    // Java drops what comes after the second sign.
    ["", "+message.type=MIXED=x", "attribute format is wrong: +message.type=MIXED=x"],
    ["", "+__proto__=x", "unsupported key: __proto__"],
  ];
  cases.forEach(check);
});

Deno.test("changeAttributes() can take away what a Java broker set", () => {
  check(["reserve.time=5,message.type=FIFO", "-reserve.time", "message.type=FIFO"]);
});

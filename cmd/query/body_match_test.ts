import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { SmallLog } from "../../testdata/small_log.ts";
import { bodyMatch } from "./body_match.ts";

Deno.test("bodyMatch() finds a text as it is, in any language", () => {
  const matches = bodyMatch("支付.成功");
  assert(matches(Buffer.from("订单 支付.成功 😀")));
  assert(!matches(Buffer.from("支付x成功")));
});

Deno.test("bodyMatch() finds a text of any length at any place of a body", () => {
  const body = Buffer.from("aab-aabc-单");
  for (let from = 0; from < body.length; from++) {
    for (let to = from + 1; to <= body.length; to++) {
      const text = body.subarray(from, to).toString();
      // A part of a character is no text.
      if (!text.includes("\ufffd")) assert(bodyMatch(text)(body), text);
    }
  }
  for (const text of ["c", "ca", "abb", "aabd", "aab-aabc-单x"]) {
    assert.equal(bodyMatch(text)(body), text === "c", text);
  }
});

Deno.test("bodyMatch() takes what stands between slashes for an expression, each time anew", () => {
  const matches = bodyMatch("/order-\\d+/gi");
  for (let round = 0; round < 3; round++) assert(matches(Buffer.from("an ORDER-17")));
  assert(!matches(Buffer.from("order-x")));
  assert(bodyMatch("/")(Buffer.from("a/b")));
});

Deno.test("bodyMatch() refuses what cannot be matched", () => {
  assert.throws(() => bodyMatch(""), /empty/);
  assert.throws(() => bodyMatch("/(/"), /Cannot match bodies/);
  assert.throws(() => bodyMatch("/a/qq"), /Cannot match bodies/);
});

Deno.test("mq query --body-match looks into compressed bodies", async () => {
  const log = new SmallLog(4096);
  const text = Buffer.from("the order was refused");
  log.add({ body: text });
  log.add({ body: new Uint8Array(deflateSync(text)), sysFlag: 0x1 });
  log.add({ body: Buffer.from("the order was accepted") });
  const { stdout, exitCode } = await record(
    ["query", "store", "--body-match", "refused", "-o", "json"],
    { files: log.files },
  );
  assert.equal(exitCode, 0);
  assert.equal(JSON.parse(stdout).length, 2);
});

Deno.test("mq query --body-match does not pass over a body it cannot read", async () => {
  const log = new SmallLog(4096);
  log.add({ body: Buffer.from("no zlib"), sysFlag: 0x1 });
  const { stderr, exitCode } = await record(["query", "store", "--body-match", "x"], {
    files: log.files,
  });
  assert.equal(exitCode, 4);
  assert.match(stderr, /the body at 0 cannot be read: no zlib data/);
});

Deno.test("mq query --body-match combines with topic, time and limit", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const count = async (...more: string[]) => {
    const args = ["query", "store", "--body-match", "/./s", "-o", "json", ...more];
    return JSON.parse((await record(args, { files })).stdout).length;
  };
  const all = await count();
  const ofTopic = await count("--topic", "T_tags");
  assert(ofTopic > 0 && ofTopic < all);
  assert.equal(await count("--topic", "T_tags", "--limit", "3"), 3);
  assert.equal(await count("--until", "2020-01-01"), 0);
});

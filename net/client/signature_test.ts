import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { signed } from "./signature.ts";

const KEYS = { accessKey: "rocketmq2", secretKey: "12345678" };

Deno.test("signed() signs the values in the order of their names, and the body", () => {
  const body = new TextEncoder().encode("body");
  const asked = {
    name: "SEND_MESSAGE",
    extFields: { topic: "T", a: "first", Z: "9" },
    body,
  } as const;
  const { extFields, body: kept } = signed(asked, { ...KEYS, securityToken: "token" });
  const content = "rocketmq2" + "token" + "9" + "first" + "T" + "body";
  const expected = createHmac("sha1", "12345678").update(content).digest("base64");
  assert.deepEqual(extFields, {
    ...asked.extFields,
    AccessKey: "rocketmq2",
    SecurityToken: "token",
    Signature: expected,
  });
  assert.equal(kept, body);
});

Deno.test("signed() leaves the request as it was", () => {
  const asked = { name: "HEART_BEAT" } as const;
  assert.deepEqual(Object.keys(signed(asked, KEYS).extFields ?? {}), ["AccessKey", "Signature"]);
  assert.deepEqual(asked, { name: "HEART_BEAT" });
});

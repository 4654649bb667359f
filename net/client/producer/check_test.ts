import assert from "node:assert/strict";
import { checkGroup, checkProperty, checkTopic, requireNumber } from "./check.ts";

function refused(work: () => void): string {
  let text = "";
  assert.throws(work, (error: Error & { kind: string }) => {
    text = error.message;
    return error.name === "ClientError" && error.kind === "invalid";
  });
  return text;
}

Deno.test("checkTopic() takes what Java's clients take", () => {
  const long = "a".repeat(127);
  for (const name of ["Orders", "a|b%c-d_E9", long, "%RETRY%" + long, "TBW102", "rmq_sys_x"]) {
    checkTopic(name);
  }
  for (const name of ["", " ", "a b", "a.b", "ä", "a/b", long + "a", "SCHEDULE_TOPIC_XXXX"]) {
    assert.match(refused(() => checkTopic(name)), /^Cannot send/);
  }
  assert.equal(
    refused(() => checkTopic(long + "b")),
    `Cannot send to topic "${long}b": its name has 128 characters, limit is 127`,
  );
  assert.equal(
    refused(() => checkTopic("RMQ_SYS_TRANS_HALF_TOPIC")),
    'Cannot send to topic "RMQ_SYS_TRANS_HALF_TOPIC": brokers keep it for themselves',
  );
});

Deno.test("checkGroup() says what is wrong with a name", () => {
  checkGroup("g".repeat(255));
  assert.equal(
    refused(() => checkGroup(undefined as never)),
    "Cannot join group: its name is undefined",
  );
  assert.match(refused(() => checkGroup("DEFAULT_PRODUCER")), /Java's clients refuse it/);
  assert.equal(refused(() => checkGroup("")), "Cannot join group: its name is empty");
  assert.match(refused(() => checkGroup("a b")), /^Cannot join group "a b": its name may have/);
  assert.match(refused(() => checkGroup("g".repeat(256))), /has 256 characters, limit is 255$/);
});

Deno.test("checkProperty() refuses RocketMQ's own names, empty ones, and separators", () => {
  checkProperty("x", "price", "10 €");
  assert.match(refused(() => checkProperty("x", "UNIQ_KEY", "1")), /"UNIQ_KEY" is RocketMQ's own/);
  assert.match(refused(() => checkProperty("x", "TRACE_ON", "1")), /RocketMQ's own/);
  assert.match(refused(() => checkProperty("x", "", "1")), /must not be empty/);
  assert.match(refused(() => checkProperty("x", "a", "")), /must not be empty/);
  for (const value of [undefined, null, 5, {}]) {
    const text = refused(() => checkProperty("x", "a", value as never));
    assert.equal(text, `x: property "a" is ${value}, expected text`);
  }
  for (const bad of ["a\u0001b", "a\u0002"]) {
    assert.match(refused(() => checkProperty("x", "a", bad)), /U\+0001 or U\+0002/);
    assert.match(refused(() => checkProperty("x", bad, "a")), /U\+0001 or U\+0002/);
  }
});

Deno.test("requireNumber() names the number, and its limits", () => {
  requireNumber("x", { one: 1 }, { min: 1, max: 1, integer: true });
  const limits = { min: 1, max: 10 };
  assert.equal(
    refused(() => requireNumber("Cannot y", { retries: 11 }, limits)),
    "Cannot y: retries is 11, expected a number from 1 to 10",
  );
  assert.match(refused(() => requireNumber("x", { a: NaN }, limits)), /a is NaN/);
  assert.match(
    refused(() => requireNumber("x", { a: 1.5 }, { min: 0, max: Infinity, integer: true })),
    /a is 1.5, expected an integer from 0$/,
  );
});

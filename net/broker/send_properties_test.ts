import assert from "node:assert/strict";
import { formatProperties, parseProperties } from "../../store/properties.ts";
import { SendProperties } from "./send_properties.ts";

const PAIRS = { region: "DefaultRegion", traceOn: true, cluster: "C1" };
const STAMP = [["MSG_REGION", "DefaultRegion"], ["TRACE_ON", "true"], ["CLUSTER", "C1"]] as const;

function read(text: string): SendProperties {
  const properties = new SendProperties(PAIRS);
  properties.read(text);
  return properties;
}

function textOf(...pairs: (readonly [string, string])[]): string {
  return formatProperties(pairs);
}

Deno.test("SendProperties finds what the broker must know", () => {
  const properties = read(textOf(
    ["KEYS", "k1 k2"],
    ["UNIQ_KEY", "0A"],
    ["DELAY", "3"],
    ["TRAN_MSG", "TRUE"],
    ["TIMER_DELAY_SEC", "9"],
    ["TAGS", "UNIQ_KEY"],
  ));
  assert.equal(properties.uniqueKey, "0A");
  assert.equal(properties.delay, "3");
  assert(properties.isPrepared);
  assert(properties.isTimer);
});

Deno.test("SendProperties forgets one message when it reads the next", () => {
  const properties = read(textOf(["UNIQ_KEY", "0A"], ["DELAY", "3"], ["TRAN_MSG", "true"]));
  properties.read("");
  assert.equal(properties.uniqueKey, undefined);
  assert.equal(properties.delay, undefined);
  assert(!properties.isPrepared);
});

Deno.test("SendProperties does not take a name for another that begins like it", () => {
  const properties = read(
    textOf(["UNIQ_KEY2", "0A"], ["DELAYED", "3"], ["XDELAY", "4"], ["D", "5"]),
  );
  assert.equal(properties.uniqueKey, undefined);
  assert.equal(properties.delay, undefined);
});

Deno.test("SendProperties.stamped() adds behind the text, which stays as it is", () => {
  const text = textOf(["KEYS", "k1"], ["城市", "杭州"]);
  assert.equal(read(text).stamped(), text + textOf(...STAMP));
  assert.equal(read("").stamped(), textOf(...STAMP));
});

Deno.test("SendProperties.stamped() closes the last pair of 4.9 clients first", () => {
  assert.equal(read("KEYS\u0001k1").stamped(), textOf(["KEYS", "k1"], ...STAMP));
  const added = [["UNIQ_KEY", "0A"]] as const;
  assert.equal(read("KEYS\u0001k1").stamped(added), textOf(["KEYS", "k1"], ...added, ...STAMP));
});

Deno.test("SendProperties.stamped() replaces the broker's own pairs and drops the pop check point", () => {
  const text = textOf(
    ["CLUSTER", "other"],
    ["POP_CK", "1 2 3"],
    ["REAL_TOPIC", "old"],
    ["KEYS", "k1"],
  );
  const stamped = parseProperties(read(text).stamped([["REAL_TOPIC", "new"]]));
  assert.deepEqual(
    stamped,
    new Map([["CLUSTER", "C1"], ["REAL_TOPIC", "new"], ["KEYS", "k1"], ...STAMP]),
  );
});

Deno.test("SendProperties.stamped() drops pairs without a name or a value, as Java does", () => {
  for (const broken of ["\u0001v\u0002", "n\u0001\u0002", "n\u0002", "\u0002"]) {
    const text = textOf(["A", "1"]) + broken + textOf(["B", "2"]);
    assert.equal(read(text).stamped(), textOf(["A", "1"], ["B", "2"], ...STAMP), broken);
  }
});

Deno.test("SendProperties.replace() gives a pair another value", () => {
  const properties = read(textOf(["DELAY", "99"], ["KEYS", "k"]));
  properties.replace("DELAY", "18");
  assert.equal(properties.delay, "18");
  assert.equal(properties.stamped(), textOf(["DELAY", "18"], ["KEYS", "k"], ...STAMP));
});

import assert from "node:assert/strict";
import { parsePort, parsePositive, parseWhole } from "./number_option.ts";

Deno.test("parseWhole(), parsePositive() and parsePort() read numbers and nothing else", () => {
  assert.equal(parseWhole("0"), 0);
  assert.equal(parseWhole("9007199254740991"), 2 ** 53 - 1);
  for (const text of ["", "-1", "1.5", "1e3", "0x10", " 1", "9007199254740992", "ten"]) {
    assert.throws(() => parseWhole(text), { code: "commander.invalidArgument" }, text);
  }
  assert.throws(() => parseWhole("-1"), { message: "It must be 0 or more." });
  assert.throws(() => parseWhole("9007199254740992"), { message: /at most 9007199254740991/ });
  assert.equal(parsePositive("1"), 1);
  assert.throws(() => parsePositive("0"));
  assert.equal(parsePort("65535"), 65_535);
  assert.throws(() => parsePort("65536"));
});

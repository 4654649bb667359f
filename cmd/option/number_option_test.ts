import assert from "node:assert/strict";
import { record } from "../../testdata/recorded_terminal.ts";
import {
  parseInFlight,
  parseMs,
  parsePort,
  parsePositive,
  parseSeconds,
  parseWhole,
} from "./number_option.ts";

Deno.test("parseWhole(), parsePositive() and parsePort() read numbers and nothing else", () => {
  assert.equal(parseWhole("0"), 0);
  assert.equal(parseWhole("9007199254740991"), 2 ** 53 - 1);
  for (const text of ["", "-1", "1.5", "1e3", "0x10", " 1", "9007199254740992", "ten"]) {
    assert.throws(() => parseWhole(text), { code: "commander.invalidArgument" }, text);
  }
  assert.throws(() => parseWhole("-1"), { message: "It must be 0 or more." });
  assert.throws(() => parseWhole("9007199254740992"), { message: /at most 9007199254740991/ });
  assert.equal(parsePositive("1"), 1);
  for (const text of ["0", "-1"]) {
    assert.throws(() => parsePositive(text), { message: "It must be 1 or more." });
  }
  assert.equal(parsePort("65535"), 65_535);
  assert.throws(() => parsePort("65536"));
});

Deno.test("parseMs() and parseSeconds() read times a timer can wait", () => {
  assert.deepEqual([parseMs("1"), parseMs("2147483647")], [1, 2_147_483_647]);
  assert.throws(() => parseMs("0"), { message: "It must be 1 or more." });
  assert.throws(() => parseMs("2147483648"), { message: "It must be at most 2147483647." });
  assert.deepEqual([parseSeconds("0"), parseSeconds("2147483")], [0, 2_147_483]);
  assert.throws(() => parseSeconds("2147484"), { message: "It must be at most 2147483." });
});

Deno.test("no command takes a time that its timers would not wait", async () => {
  const long = "99999999999999";
  const lines = [
    ["top", "--once", "--interval", long],
    ["message", "send", "T", "--body", "a", "--timeout", long],
    ["message", "receive", "T", "--wait", long],
    ["topic", "expand", "T", "--to", "8", "--settle", long],
    ["replay", "store", "--timeout", long],
    ["inspect", "commitlog", "store", "--follow", "--interval", long],
    ["inspect", "consumequeue", "store", "--follow", "--interval", long],
  ];
  for (const words of lines) {
    const { exitCode, stderr } = await record(words);
    assert.equal(exitCode, 16, words.join(" "));
    assert.match(stderr, /It must be at most 2147483(647)?; /);
  }
});

Deno.test("no command has more sends under way than memory takes", async () => {
  assert.equal(parseInFlight("65536"), 65_536);
  const lines = [["bench", "send", "T"], ["message", "send", "T"], ["replay", "store"]];
  for (const words of lines) {
    const { exitCode, stderr } = await record([...words, "--in-flight", "65537"]);
    assert.equal(exitCode, 16, words.join(" "));
    assert.match(stderr, /It must be at most 65536; /);
  }
});

import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { storedMessage } from "../../testdata/stored_message.ts";
import { MessagePrinter, type PrintOptions } from "./message_printer.ts";

const message = storedMessage({ properties: { KEYS: "k", TAGS: "paid", UNIQ_KEY: "0A" } });

function printed(options: PrintOptions, isTty = false): string {
  const { terminal, printed } = recordedTerminal({ isTty });
  const printer = MessagePrinter.open(terminal, options);
  printer?.print(message);
  printer?.end();
  terminal.out.flush();
  return printed().stdout;
}

Deno.test("MessagePrinter: a table has what one looks for, the body last", () => {
  const [header, row] = printed({ body: "text" }).split("\n").map((line) => line.split("\t"));
  const names = "storeTimestamp topic brokerName queueId queueOffset tags keys body";
  assert.deepEqual(header, names.split(" "));
  const values = ["2026-11-21T08:33:20.500Z", "Orders", "broker-a", "3", "11", "paid", "k"];
  assert.deepEqual(row, [...values, "17 apples"]);
  assert.doesNotMatch(printed({}), /body/);
});

Deno.test("MessagePrinter: JSON has the fields of every command that prints messages", () => {
  const row = JSON.parse(printed({ body: "base64", output: "jsonl" }));
  assert.equal(row.kind, "message");
  assert.deepEqual([row.brokerName, row.messageId], ["broker-a", "0A"]);
  assert.deepEqual([row.body, row.bodyEncoding, row.bodySize], ["MTcgYXBwbGVz", "base64", 9]);
  assert.deepEqual(row.properties, { KEYS: "k", TAGS: "paid", UNIQ_KEY: "0A" });
  const picked = printed({ body: "text", output: "jsonl", fields: ["queueOffset", "body"] });
  assert.equal(picked, '{"queueOffset":11,"body":"17 apples"}\n');
});

Deno.test("MessagePrinter: -o help lists every field, --format goes alone", () => {
  const help = printed({ output: "help" });
  for (const name of ["brokerName", "messageId", "bodyDamage", "msgId"]) {
    assert.match(help, new RegExp(`^${name}\t`, "m"));
  }
  assert.equal(printed({ format: "%k\\n" }), "k\n");
  for (const options of [{ output: "json" }, { fields: ["keys"] }] as const) {
    assert.throws(() => printed({ format: "%k", ...options }), { exitCode: 16 });
  }
});

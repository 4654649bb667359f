import assert from "node:assert/strict";
import { shellLine } from "./shell_line.ts";

const BREAKS = " \t\n\"'@><=;|&(:";

Deno.test("shellLine() gives the words of the command, not those of bash", () => {
  const check = (line: string, words: string[], kept = "") => {
    assert.deepEqual(shellLine(line, BREAKS), { words, kept }, line);
  };
  check("", [""]);
  check("mq  topic ", ["mq", "topic", ""]);
  check("mq topic describe -n 127.0.0.1:9876 or", [
    ...["mq", "topic", "describe", "-n", "127.0.0.1:9876", "or"],
  ]);
  check("mq x --output=js", ["mq", "x", "--output=js"], "--output=");
  check("mq x --output=", ["mq", "x", "--output="], "--output=");
  check("mq x a:b=c:d", ["mq", "x", "a:b=c:d"], "a:b=c:");
  check(`mq inspect "my store" it\\ is 'a"b' `, ["mq", "inspect", "my store", "it is", 'a"b', ""]);
  // An open quote is where bash begins to replace.
  check(`mq query --topic "or`, ["mq", "query", "--topic", "or"]);
  check(`mq query --topic="a:or`, ["mq", "query", "--topic=a:or"], "--topic=");
  check(`mq x ""`, ["mq", "x", ""]);
  check("mq x \\", ["mq", "x", "\\"]);
});

Deno.test("shellLine() keeps nothing where bash cuts at blanks only", () => {
  assert.equal(shellLine("mq x --output=js", " \t\n").kept, "");
});

import assert from "node:assert/strict";
import { EXIT_ABOUT } from "./exit_code.ts";
import { FORMATS } from "./output/format_option.ts";
import { HELP_TOPICS } from "./help_topics.ts";

const textOf = (name: string) => HELP_TOPICS.find((it) => it.name === name)!.text();

Deno.test("HELP_TOPICS fit a terminal and name what they explain", () => {
  for (const { name, text } of HELP_TOPICS) {
    const lines = text().split("\n");
    assert(lines.every((line) => line.length <= 100), name);
    assert.equal(lines.at(-1), "", name);
  }
  for (const [code] of EXIT_ABOUT) {
    assert.match(textOf("exit-codes"), new RegExp(`^ *${code}  `, "m"));
  }
  for (const format of FORMATS) assert.match(textOf("formatting"), new RegExp(`-o ${format}\\b`));
  for (const name of ["MQ_STORE", "MQ_OUTPUT", "MQ_DEBUG"]) {
    assert(textOf("environment").includes(name));
  }
});

import assert from "node:assert/strict";
import { SqlFilter } from "../store/filter/sql_filter.ts";
import { EXIT_ABOUT } from "./exit_code.ts";
import { FORMATS } from "./output/format_option.ts";
import { HELP_TOPICS } from "./help_topics.ts";
import { WHERE_FIELDS } from "./reading/log_filter.ts";

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

Deno.test("HELP_TOPICS: expressions that are shown can be read, and every field has its name", () => {
  const text = textOf("where");
  const examples = [...text.matchAll(/--where "(.+)"/g)].map(([, expression]) => expression!);
  assert.equal(examples.length, 3);
  for (const example of examples) SqlFilter.parse(example);
  for (const name of Object.keys(WHERE_FIELDS)) assert.match(text, new RegExp(`\\b${name}\\b`));
});

Deno.test("HELP_TOPICS: prices are compared as the page on expressions says", () => {
  const matches = (text: string, price?: string) => SqlFilter.parse(text).matches(() => price);
  assert.equal(matches("price > 5", "5.50"), undefined);
  assert.equal(matches("price > 5.0", "5.50"), true);
  assert.equal(matches("price > 5", "3000000001"), undefined);
  assert.equal(matches("price > 3000000000", "3000000001"), true);
  assert.equal(matches("price = 5"), undefined);
  assert.equal(matches("NOT (price = 5)"), undefined);
});

/**
 * Writes `table.jsonl.gz`: what Java 5.5.0 and 4.9.7 make of the expressions picked by hand and of
 * thousands made by chance, on every message. Run with `deno run -A testdata/sql92/main.ts`.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { randomOf } from "../random.ts";
import { EDGES } from "./edges.ts";
import { Expressions, MESSAGES } from "./expressions.ts";
import { javaOutcomes } from "./java_table.ts";

const SEED = 92;
const COUNT = 6_000;

const expressions = new Expressions(randomOf(SEED));
const texts = [...EDGES];
const known = new Set(texts);
while (texts.length < COUNT) {
  const text = expressions.next();
  if (!known.has(text)) texts.push(text);
  known.add(text);
}
const of = { texts, messages: MESSAGES };
const java5 = await javaOutcomes("5.5.0", of);
const java4 = await javaOutcomes("4.9.7", of);
const rows = texts.map((text, at) => {
  return java4[at] === java5[at] ? [text, java5[at]] : [text, java5[at], java4[at]];
});
const lines = [JSON.stringify(MESSAGES), ...rows.map((row) => JSON.stringify(row))];
const file = path.join(import.meta.dirname ?? ".", "table.jsonl.gz");
fs.writeFileSync(file, gzipSync(lines.join("\n"), { level: 9 }));

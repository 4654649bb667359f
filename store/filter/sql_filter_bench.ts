/**
 * Evaluations of an SQL92 expression in a second, here and in Java where there is a JDK.
 *
 *     deno run -A store/filter/sql_filter_bench.ts
 *
 * @module
 */
import process from "node:process";
import { javaSpeed } from "../../testdata/sql92/java_table.ts";
import { MissingTool } from "../../testdata/interop/toolchain.ts";
import { SqlFilter } from "./sql_filter.ts";

const EXPRESSIONS = [
  "a > 5 AND b = 'x'",
  "a BETWEEN 3 AND 12 AND b IN ('x', 'y')",
  "a > 5.5 OR c IS NULL",
  "b CONTAINS 'x'",
];
const MESSAGES = Array.from({ length: 64 }, (_, at) => {
  return new Map([["a", String(at % 16)], ["b", at % 3 === 0 ? "y" : "x"], ["c", "z"]]);
});
const COUNT = 4_000_000;
const ROUNDS = 5;

/** The best of some rounds. */
function speedOf(text: string): string {
  const filter = SqlFilter.parse(text);
  const readers = MESSAGES.map((message) => (name: string) => message.get(name));
  let best = 0;
  let kept = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const since = performance.now();
    for (let at = 0; at < COUNT; at++) {
      if (filter.matches(readers[at & 63]!) === true) kept++;
    }
    best = Math.max(best, COUNT * 1000 / (performance.now() - since));
  }
  return `${Math.round(best)} evaluations/s (${kept} kept)`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

for (const text of EXPRESSIONS) print(`mq          ${text}: ${speedOf(text)}`);
try {
  print(`Java 5.5.0  ${EXPRESSIONS[0]}: ${await javaSpeed("5.5.0")}`);
} catch (error) {
  if (!(error instanceof MissingTool)) throw error;
  print(`Java 5.5.0  skipped: ${error.message}`);
}

/**
 * The page that sets side by side what Java brokers and this project make of damaged stores. It is made
 * of what a run has seen; a later run compares its lines.
 *
 * @module
 */
import { filled, mono, table } from "../../store/markdown.ts";
import type { DamageResult, Outcome } from "./damage_run.ts";
import { JAVA_VERSIONS } from "./toolchain.ts";

/** What was seen of one store, damaged in many ways. */
export interface DamageSection {
  readonly title: string;
  readonly about: string;
  readonly results: readonly DamageResult[];
}

const CODES_SHOWN = 3;
const HEAD = ["damage", "what does it", "`mq verify` finds"];

/** The page. */
export function damagePage(sections: readonly DamageSection[]): string {
  const parts = [
    "# What damage costs",
    "Stores of real RocketMQ brokers were damaged, each in one way, by `testdata/damage.ts` and " +
    "`testdata/start_damage.ts`. Of every damaged store one copy was started by a real broker of " +
    "Java 4.9.7, one by Java 5.5.0, both with the settings the store was written with. A third was " +
    "mended by `mq recover --apply --allow-data-loss` and started by `mq broker start`. Then every " +
    "queue was read from its beginning to its end, as a consumer does, and every key asked for.",
    "A number is how many of the messages came back, byte for byte. _Elsewhere_ is how many came " +
    "from another index than their own only, _twice_ how many came from there, too: consumers that " +
    "go on at a committed offset miss or repeat them. _Wrong_ is how often something came that " +
    "nobody sent: a changed body, torn properties, or a record of somewhere else. Keys are named where not all were found. _Left_ are " +
    "findings that only a person can clear. A broker that has lost its table of topics serves the " +
    "few messages of the topic it makes itself.",
    "No line is typed: `UPDATE=1 deno task interop --only damage` writes this page, and " +
    "`deno task interop` fails where a line is not what it sees. What the two Java columns say is " +
    "also what `mq why` foretells of each store without starting anything.",
    total(sections.flatMap(({ results }) => results)),
  ];
  for (const { title, about, results } of sections) {
    const messages = results[0]?.asked.messages.size;
    parts.push(`## ${title}`, `${about} It has ${messages} messages.`);
    const versions = JAVA_VERSIONS.filter((it) => results.some(({ java }) => java.has(it)))
      .toSorted();
    const head = [...HEAD, ...versions.map((it) => `Java ${it}`), "mq"];
    const cells = results.map((it) => damageCells(it));
    parts.push(table(head, cells));
  }
  return `${parts.map(filled).join("\n\n")}\n`;
}

/** The cells of one damage's line. */
export function damageCells(result: DamageResult): string[] {
  const { damage, codes, left, java, mq, asked } = result;
  const keys = asked.keys.length;
  const shown = codes.slice(0, CODES_SHOWN).map(mono).join(", ");
  const more = codes.length - CODES_SHOWN;
  return [
    damage.name,
    damage.about,
    codes.length === 0 ? "nothing" : more > 0 ? `${shown} and ${more} more` : shown,
    ...JAVA_VERSIONS.toSorted().flatMap((it) => outcomeText(java.get(it), keys) ?? []),
    `${outcomeText(mq, keys)}${left.length === 0 ? "" : `; left: ${left.map(mono).join(", ")}`}`,
  ];
}

/** Whether a page has a line with these cells, however wide its columns are. */
export function hasLine(page: string, cells: readonly string[]): boolean {
  return page.split("\n").some((line) => {
    return line.startsWith("|") &&
      line.slice(1, -1).split(" | ").map((it) => it.trim()).join("|") === cells.join("|");
  });
}

function outcomeText(outcome: Outcome | undefined, keys: number): string | undefined {
  if (outcome === undefined) return undefined;
  if (!outcome.starts) return "does not start";
  const { messages, misplaced, repeated, wrong } = outcome;
  return [
    `${messages}`,
    misplaced === 0 ? "" : `${misplaced} elsewhere`,
    repeated === 0 ? "" : `${repeated} twice`,
    wrong === 0 ? "" : `${wrong} wrong`,
    outcome.keys === keys ? "" : `${outcome.keys} of ${keys} keys`,
  ].filter((it) => it !== "").join(", ");
}

/** What it comes to, broker by broker. */
function total(results: readonly DamageResult[]): string {
  const brokers = [
    ...JAVA_VERSIONS.toSorted().map((it) => {
      return { name: `Java ${it}`, of: (result: DamageResult) => result.java.get(it) };
    }),
    { name: "mq", of: (result: DamageResult) => result.mq },
  ];
  const sentences = brokers.map(({ name, of }) => {
    const seen = results.flatMap((it) => {
      const outcome = of(it);
      return outcome === undefined ? [] : [{ outcome, all: it.asked.messages.size }];
    });
    const down = seen.filter(({ outcome }) => !outcome.starts).length;
    const lost = seen.reduce((sum, { outcome, all }) => {
      return sum + (outcome.starts ? all - outcome.messages : 0);
    }, 0);
    const wrong = seen.reduce((sum, { outcome }) => {
      return sum + (outcome.starts ? outcome.misplaced + outcome.repeated + outcome.wrong : 0);
    }, 0);
    return `${name} does not start on ${down} of ${seen.length}, and on the others it does not ` +
      `serve ${lost} messages, and serves ${wrong} wrong, twice or from elsewhere.`;
  });
  return `In all: ${sentences.join(" ")}`;
}

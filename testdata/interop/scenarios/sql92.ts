/**
 * SQL92 expressions by fresh chance, read and evaluated by Java's own parser and by this project's: both
 * make the same of every expression for every message.
 *
 * @module
 */

import process from "node:process";
import { randomOf } from "../../random.ts";
import { Expressions, messageBy, MESSAGES } from "../../sql92/expressions.ts";
import { javaOutcomes, ourOutcomes } from "../../sql92/java_table.ts";
import type { Stage } from "../stage.ts";
import { JAVA_VERSIONS } from "../toolchain.ts";

const MESSAGES_BY_CHANCE = 24;

/** The scenario. `SEED` chooses other expressions, `COUNT` how many. */
export async function sql92(stage: Stage): Promise<void> {
  if (!stage.isMq) return;
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  const count = Number(process.env["COUNT"] ?? 3_000);
  for (const release of JAVA_VERSIONS) {
    const since = Date.now();
    const random = randomOf(seed);
    const expressions = new Expressions(random);
    const texts = Array.from({ length: count }, () => expressions.next());
    const made = Array.from({ length: MESSAGES_BY_CHANCE }, () => messageBy(random));
    const messages = [...MESSAGES, ...made];
    const expected = await javaOutcomes(release, { texts, messages });
    const differences = texts.flatMap((text, at) => {
      const found = ourOutcomes(text, { release, messages });
      if (found === expected[at]) return [];
      return [`${JSON.stringify(text)}\nJava ${expected[at]}\nmq   ${found}`];
    });
    stage.report.check(
      `sql92: ${count} expressions on ${messages.length} messages are to mq what they are to Java ` +
        `${release} (seed ${seed})`,
      differences,
      since,
    );
  }
}

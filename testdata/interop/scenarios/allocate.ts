/**
 * Groups by fresh chance, whose queues are shared by Java's own strategies and by this project's: both
 * come to the same.
 *
 * @module
 */

import process from "node:process";
import { differencesOf, groupBy, lineOf, rowOf } from "../../allocate/groups.ts";
import { javaRows } from "../../allocate/java_table.ts";
import { randomOf } from "../../random.ts";
import type { Stage } from "../stage.ts";
import { JAVA_VERSIONS } from "../toolchain.ts";

/** The scenario. `SEED` chooses other groups, `COUNT` how many. */
export async function allocate(stage: Stage): Promise<void> {
  if (!stage.isMq) return;
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  const count = Number(process.env["COUNT"] ?? 3_000);
  const random = randomOf(seed);
  const groups = Array.from({ length: count }, () => groupBy(random));
  const rows = groups.map(rowOf);
  for (const release of JAVA_VERSIONS) {
    const since = Date.now();
    const expected = await javaRows(release, groups);
    const differences = rows.flatMap((row, at) => {
      const java = expected[at] ?? "";
      return row === java ? [] : [`${differencesOf(row, java)}: ${lineOf(groups[at]!)}`];
    });
    stage.report.check(
      `allocate: the queues of ${count} groups are shared as Java ${release} does (seed ${seed})`,
      differences,
      since,
    );
  }
}

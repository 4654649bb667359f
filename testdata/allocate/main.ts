/**
 * Writes `table.bin`: how Java 5.5.0 and 4.9.7, which agree, share the queues of groups made by
 * chance. Run with `deno run -A testdata/allocate/main.ts`.
 *
 * @module
 */

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { randomOf } from "../random.ts";
import { groupBy } from "./groups.ts";
import { javaRows } from "./java_table.ts";
import { COUNT, SEED, TABLE } from "./table.ts";

const random = randomOf(SEED);
const groups = Array.from({ length: COUNT }, () => groupBy(random));
const rows = await javaRows("5.5.0", groups);
assert.deepEqual(await javaRows("4.9.7", groups), rows);
fs.writeFileSync(path.join(import.meta.dirname ?? ".", TABLE), Buffer.from(rows.join(""), "hex"));

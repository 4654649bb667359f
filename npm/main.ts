/**
 * Makes the package for npm in `npm/.work/package`, or in a folder that is named:
 *
 *     deno task build:npm [FOLDER]
 *
 * `npm publish` or `npm pack` of that folder does the rest. `deno task interop --only npm` tries what
 * comes out on every runtime.
 *
 * @module
 */

import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { makePackage } from "./package.ts";

const folder = path.resolve(
  process.argv[2] ?? fileURLToPath(new URL("./.work/package", import.meta.url)),
);
await makePackage(folder);
process.stdout.write(`${folder}\n`);

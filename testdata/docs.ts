/**
 * Rewrites the generated documents: FINDINGS.md, FORMAT.md and PROTOCOL.md.
 *
 *     deno task docs
 *
 * @module
 */
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { documents } from "./documents.ts";

for (const [name, text] of Object.entries(await documents())) {
  fs.writeFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), text);
}

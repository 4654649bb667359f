/**
 * Rewrites the generated documents: FORMAT.md and PROTOCOL.md.
 *
 *     deno task docs
 *
 * @module
 */
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { formatDoc } from "../store/format_doc.ts";
import { protocolDoc } from "../net/wire/protocol_doc.ts";

const DOCUMENTS: Readonly<Record<string, () => string>> = {
  "FORMAT.md": formatDoc,
  "PROTOCOL.md": protocolDoc,
};

for (const [name, text] of Object.entries(DOCUMENTS)) {
  fs.writeFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), text());
}

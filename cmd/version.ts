/**
 * `mq version`: what this is and what it runs on.
 *
 * @module
 */
import process from "node:process";
import config from "../deno.json" with { type: "json" };
import { EXIT } from "./exit_code.ts";
import { type Field, openRows, type OutputOptions } from "./output/format_option.ts";
import type { Terminal } from "./terminal.ts";

/** Version of the suite. */
export const VERSION: string = config.version;

const FIELDS: readonly Field[] = [
  { name: "version", type: "string", about: "version of mq", width: 8 },
  { name: "runtime", type: "string", about: "what runs it, with its version", width: 12 },
  { name: "platform", type: "string", about: "system and processor", width: 12 },
];

/** Prints the versions. */
export function printVersion(terminal: Terminal, options: OutputOptions): number {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "record" });
  rows?.row({
    version: VERSION,
    runtime: runtimeOf(process.versions),
    platform: `${process.platform} ${process.arch}`,
  });
  rows?.end();
  return EXIT.ok;
}

function runtimeOf(versions: Readonly<Record<string, string | undefined>>): string {
  if (versions["deno"] !== undefined) return `deno ${versions["deno"]}`;
  if (versions["bun"] !== undefined) return `bun ${versions["bun"]}`;
  return `node ${versions["node"]}`;
}

/**
 * The text of FINDINGS.md, made from the tables that verification runs on: a section for every code.
 *
 * @module
 */
import { filled, table } from "../markdown.ts";
import {
  FILE_KIND_ABOUT,
  FILE_KINDS,
  type FileKind,
  type FindingAbout,
  FINDINGS,
} from "./findings.ts";

/** The text of FINDINGS.md. */
export function findingsDoc(): string {
  const codes = Object.entries<FindingAbout>(FINDINGS);
  const parts = [
    "# Findings",
    "What `mq verify` can find in a store. This page is generated from the tables in " +
    "`store/check/*_findings.ts`; change those and run `deno task docs`. The same is told by " +
    "`mq explain CODE`.",
    "Codes are never renamed. An `error` means that messages are lost, wrong or not served, or that a " +
    "broker does not start; a `warning` that something works worse than it should or points at a " +
    "loss; an `info` is a fact that harms nobody. Some findings are graver or less grave than their " +
    "code: after an unclean stop, what every start puts right is only `info`.",
    table(
      ["code", "severity", "files"],
      codes.map(([code, { severity, kind }]) => [`[${code}](#${code})`, severity, kind]),
    ),
    "## Kinds of files",
    "Every file under a store's root is of one kind; a verification ends with the bytes of each that " +
    "were expected, checked and skipped.",
    table(["kind", "what it is"], FILE_KINDS.map((kind) => [kind, FILE_KIND_ABOUT[kind]])),
    ...FILE_KINDS.flatMap((kind) => sectionsOf(kind, codes)),
  ];
  return parts.map(filled).join("\n\n") + "\n";
}

function sectionsOf(
  wanted: FileKind,
  codes: readonly (readonly [code: string, about: FindingAbout])[],
): string[] {
  const own = codes.filter(([, { kind }]) => kind === wanted);
  if (own.length === 0) return [];
  return [
    `## ${wanted === "other" ? "Store" : wanted.charAt(0).toUpperCase() + wanted.slice(1)}`,
    ...own.flatMap(([code, { severity, about, java, fix, example }]) => [
      `### ${code}`,
      `${severity}: ${about}.`,
      `What Java does: ${java}.`,
      `What to do: ${fix}.`,
      `\`\`\`\n${severity}  ${code}  ${example}\n\`\`\``,
    ]),
  ];
}

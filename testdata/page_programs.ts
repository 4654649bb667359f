/**
 * The programs in the pages of the project: what imports the package, as a reader would run it.
 *
 * @module
 */

import fs from "node:fs";

/** How programs import the package. */
export const PACKAGE = "@mq/mq";
/** Where the name server of their cluster is. */
export const PAGE_NAME_SERVER = "127.0.0.1:9876";
/** Pages that may have programs; those of the tour want to be alone with their topic. */
const PAGES = ["docs/tour.md", "README.md", "docs/client.md"];

/** A program of a page. */
export interface PageProgram {
  readonly page: string;
  /** What it stands under, with a number from the second one on. */
  readonly title: string;
  readonly code: string;
  /** What the page says that it prints. */
  readonly printed: string | undefined;
}

const ROOT = new URL("../", import.meta.url);
/** A heading, a program, or text that follows one. */
const PARTS = /^#+ (.*)$|^```(ts|text).*\n([\s\S]*?)^```$/gm;

/** The programs of all pages, in their order. */
export function pagePrograms(): PageProgram[] {
  return PAGES.flatMap(programsOf);
}

function programsOf(page: string): PageProgram[] {
  const found: PageProgram[] = [];
  const text = fs.readFileSync(new URL(page, ROOT), "utf8");
  let heading = "";
  for (const [, title, kind, block = ""] of text.matchAll(PARTS)) {
    heading = title ?? heading;
    const last = found.at(-1);
    if (kind === "text" && last?.title === heading) {
      found[found.length - 1] = { ...last, printed: block.trimEnd() };
    }
    if (kind !== "ts" || !block.includes(`"${PACKAGE}"`)) continue;
    const before = found.filter((it) => it.title.split(", ")[0] === heading).length;
    const numbered = before === 0 ? heading : `${heading}, ${before + 1}`;
    found.push({ page, title: numbered, code: block, printed: undefined });
  }
  return found;
}

/**
 * Cells, lines and columns of text tables: aligned by display width for people (CJK and emoji take
 * two columns), separated by tabs for programs.
 *
 * @module
 */
import stringWidth from "string-width";

/** Between two columns of an aligned table. */
const GAP = "  ";

/** Columns a text takes on a screen. */
export function displayWidth(text: string): number {
  return isPrintableAscii(text) ? text.length : stringWidth(text);
}

/**
 * Makes a text safe for one cell: control characters, which could end the line or steer the
 * terminal, are written as escapes.
 */
export function cellText(text: string): string {
  if (isPrintableAscii(text)) return text;
  return text.replace(UNSAFE, (found) => ESCAPES[found] ?? escapeOf(found));
}

/** One line of cells padded to their columns; the last cell is never padded. */
export function alignedLine(
  cells: readonly string[],
  columns: readonly { readonly width: number; readonly right: boolean }[],
): string {
  const last = cells.length - 1;
  const padded = cells.map((cell, at) => {
    const column = columns[at]!;
    const missing = Math.max(0, column.width - displayWidth(cell));
    if (column.right) return " ".repeat(missing) + cell;
    return at === last ? cell : cell + " ".repeat(missing);
  });
  return padded.join(GAP).trimEnd() + "\n";
}

/** One line of cells for programs. */
export function tabbedLine(cells: readonly string[]): string {
  return cells.join("\t") + "\n";
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const ESCAPES: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function isPrintableAscii(text: string): boolean {
  return PRINTABLE_ASCII.test(text);
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

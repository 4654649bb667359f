/**
 * Pieces of the generated pages, laid out as the formatter leaves them.
 *
 * @module
 */

/** Columns of a line, as the formatter is set. */
const LINE_WIDTH = 100;

/** A table whose columns are padded. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Text in a font for code. */
export function mono(text: string): string {
  return `\`${text}\``;
}

/**
 * Breaks the long lines of prose and lists, but within no code; titles, tables and blocks of code stay
 * as they are.
 */
export function filled(part: string): string {
  if (/^(#|```)/.test(part)) return part;
  return part.split("\n").map((line) => line.startsWith("|") ? line : filledLine(line)).join("\n");
}

function filledLine(text: string): string {
  const bullet = /^ *- /.exec(text)?.[0] ?? "";
  const indent = " ".repeat(bullet.length);
  const words = text.slice(bullet.length).match(/(?:`[^`]*`|[^\s`])+/g) ?? [];
  const lines: string[] = [];
  let line = bullet;
  for (const word of words) {
    const isFirst = line.length === indent.length;
    if (!isFirst && line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = indent + word;
    } else line += isFirst ? word : ` ${word}`;
  }
  return [...lines, line].join("\n");
}

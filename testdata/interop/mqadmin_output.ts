/**
 * Reads what `mqadmin` prints for people.
 *
 * @module
 */

/** The cells of every row under a header line that starts with `#`, split at white space. */
export function tableRows(printed: string): string[][] {
  const lines = printed.split("\n");
  const header = lines.findIndex((line) => line.startsWith("#"));
  if (header < 0) return [];
  const rows = lines.slice(header + 1);
  const end = rows.findIndex((line) => line.trim() === "");
  return rows.slice(0, end < 0 ? rows.length : end).map((line) => line.trim().split(/\s+/));
}

/** `Name:   value` lines. */
export function namedValues(printed: string): ReadonlyMap<string, string> {
  const pairs = printed.matchAll(/^([A-Z][A-Za-z ]*?): +(.*)$/gm);
  return new Map([...pairs].map((pair) => [pair[1] ?? "", (pair[2] ?? "").trim()]));
}

/** `name   : value` lines and `name   =   value` lines, of the commands that print settings. */
export function settings(printed: string): ReadonlyMap<string, string> {
  const pairs = printed.matchAll(/^([A-Za-z]\w*) *[:=] *(.*)$/gm);
  return new Map([...pairs].map((pair) => [pair[1] ?? "", (pair[2] ?? "").trim()]));
}

/** The broker and queue data of a printed route, which is JSON but for its numeric keys. */
export function routeData(printed: string): unknown {
  const from = printed.indexOf("{\n");
  const to = printed.lastIndexOf("}");
  if (from < 0 || to < from) return undefined;
  return JSON.parse(printed.slice(from, to + 1).replaceAll(/([{,]\s*)(\d+):/g, '$1"$2":'));
}

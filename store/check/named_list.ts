/**
 * Names in a message: as many as a line has room for.
 *
 * @module
 */

/** The first `max` of some names; how many are left out is said. */
export function namedList(names: readonly (number | string)[], max: number): string {
  const more = names.length > max ? ` and ${names.length - max} more` : "";
  return `${names.slice(0, max).join(", ")}${more}`;
}

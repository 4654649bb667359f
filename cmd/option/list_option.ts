/**
 * Options that take more than one value.
 *
 * @module
 */

/** Splits a list with commas. */
export function listOf(text: string): string[] {
  return text.split(",").map((name) => name.trim()).filter(Boolean);
}

/** Gathers the values of an option that is given several times. */
export function collected(value: string, before: string[] | undefined): string[] {
  return [...before ?? [], value];
}

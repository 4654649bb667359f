/**
 * Numbers with their nouns.
 *
 * @module
 */

/** A number and its noun, as one says it: `1 file`, `2 files`, `3 entries`. */
export function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun.replace(/([^aeiou])y$/, "$1ie")}s`;
}

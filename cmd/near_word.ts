/**
 * Finds the word somebody may have meant.
 *
 * @module
 */

/** Steps from one word to another that still let them be taken for each other. */
const STEPS_MAX = 3;

/**
 * The known word that is most like another: a few letters apart, else one that holds all its parts;
 * `undefined` where none is like it.
 */
export function nearWord(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestSteps = Math.min(STEPS_MAX, Math.ceil(word.length / 3)) + 1;
  for (const it of known) {
    const steps = stepsBetween(word, it, bestSteps);
    if (steps < bestSteps) [best, bestSteps] = [it, steps];
  }
  if (best !== undefined || word.length <= 2) return best;
  const parts = word.split("-");
  return known.find((it) => parts.every((part) => it.includes(part)));
}

/** How a suggestion is put behind a refusal; empty where there is none. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearWord(word, known);
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}

/** Letters to add, drop or change; `stepsMax` where it takes that many or more. */
function stepsBetween(one: string, other: string, stepsMax: number): number {
  if (Math.abs(one.length - other.length) >= stepsMax) return stepsMax;
  let above = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    for (let at = 1; at <= other.length; at++) {
      const change = one[row - 1] === other[at - 1] ? 0 : 1;
      line.push(Math.min(above[at]! + 1, line[at - 1]! + 1, above[at - 1]! + change));
    }
    above = line;
  }
  return Math.min(stepsMax, above[other.length]!);
}

/**
 * The lines a bench prints: a figure, its goal, and whether it was reached.
 *
 * @module
 */

/** What a figure should be. */
export interface Goal {
  readonly figure: number;
  readonly words: string;
  /** Whether less is better, as of times and memory. */
  readonly atMost?: boolean;
}

/** Prints a line. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Prints what was measured, beside its goal where there is one. */
export function row(name: string, shown: string, measured?: { figure: number; goal: Goal }): void {
  if (measured === undefined) return say(`${name.padEnd(46)} ${shown}`);
  const { figure, goal } = measured;
  const isHit = goal.atMost === true ? figure <= goal.figure : figure >= goal.figure;
  const aim = `goal ${goal.atMost === true ? "≤" : "≥"} ${goal.words}: ${isHit ? "hit" : "missed"}`;
  say(`${name.padEnd(46)} ${shown}   (${aim})`);
}

/** The middle of some figures; between the two in the middle where their count is even. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other);
  const above = sorted[sorted.length >> 1] ?? NaN;
  const below = sorted[(sorted.length - 1) >> 1] ?? NaN;
  return (above + below) / 2;
}

/** Smallest, middle and largest, in words. */
export function spread(figures: readonly number[], digits = 2): string {
  const at = (figure: number) => figure.toFixed(digits);
  return `${at(median(figures))} (${at(Math.min(...figures))} to ${at(Math.max(...figures))})`;
}

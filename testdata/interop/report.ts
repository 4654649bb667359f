/**
 * What the interoperability programs found: one line a check, the first few differences under a check
 * that failed, and the totals at the end.
 *
 * @module
 */

const DIFFERENCES_MAX = 8;

/** Counts checks and prints them as they end. */
export class Report {
  #passed = 0;
  #failed = 0;
  #skipped = 0;
  readonly #print: (line: string) => void;

  /** `print` takes whole lines without the line feed. */
  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** True while no check has failed. */
  get clean(): boolean {
    return this.#failed === 0;
  }

  /** Ends a check: it passed if nothing differs. `since` is when it began, for the time it took. */
  check(title: string, differences: readonly string[], since?: number): void {
    const took = since === undefined ? "" : ` (${((Date.now() - since) / 1000).toFixed(1)} s)`;
    if (differences.length === 0) {
      this.#passed++;
      this.#print(`ok ${title}${took}`);
      return;
    }
    this.#failed++;
    this.#print(`FAILED ${title}${took}`);
    for (const difference of differences.slice(0, DIFFERENCES_MAX)) {
      for (const line of difference.split("\n")) this.#print(`    ${line}`);
    }
    const more = differences.length - DIFFERENCES_MAX;
    if (more > 0) this.#print(`    … and ${more} more`);
  }

  /** Counts a check that could not run, with the reason. */
  skip(title: string, reason: string): void {
    this.#skipped++;
    this.#print(`skipped ${title}: ${reason}`);
  }

  /** Counts what another report counted. */
  add(other: Report): void {
    this.#passed += other.#passed;
    this.#failed += other.#failed;
    this.#skipped += other.#skipped;
  }

  /** A remark that is no check. */
  note(line: string): void {
    this.#print(`# ${line}`);
  }

  /** The closing line. */
  total(): void {
    const skipped = this.#skipped === 0 ? "" : `, ${this.#skipped} skipped`;
    this.#print(`${this.#passed} passed, ${this.#failed} failed${skipped}`);
  }
}

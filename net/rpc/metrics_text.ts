/**
 * Numbers as text for Prometheus.
 *
 * @module
 */

/** Labels of one number, in their order. */
export type Labels = Readonly<Record<string, string>>;

/** What a number is: one that comes and goes, or a count of what happened since the start. */
export type MetricType = "gauge" | "counter";

interface Metric {
  readonly type: MetricType;
  readonly lines: string[];
}

/**
 * Numbers by name; each name is written once, with all its numbers.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MetricsText } from "./metrics_text.ts";
 *
 * const text = new MetricsText();
 * text.add("temperature", { place: "attic" }, 31);
 * text.add("doors_total", {}, 2, "counter");
 * assert.equal(
 *   `${text}`,
 *   '# TYPE temperature gauge\ntemperature{place="attic"} 31\n' +
 *     "# TYPE doors_total counter\ndoors_total 2\n",
 * );
 * ```
 */
export class MetricsText {
  readonly #metrics = new Map<string, Metric>();

  /** Adds a number; what is no finite one is written as `NaN`. */
  add(name: string, labels: Labels, value: number, type: MetricType = "gauge"): void {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    const braced = pairs.length === 0 ? "" : `{${pairs.join()}}`;
    const line = `${name}${braced} ${Number.isFinite(value) ? value : "NaN"}\n`;
    const metric = this.#metrics.get(name);
    if (metric === undefined) this.#metrics.set(name, { type, lines: [line] });
    else metric.lines.push(line);
  }

  /** The text, in the order in which the names were first added. */
  toString(): string {
    return Array.from(this.#metrics, ([name, { type, lines }]) => {
      return `# TYPE ${name} ${type}\n${lines.join("")}`;
    }).join("");
  }
}

function escaped(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

/**
 * Plays scenarios side by side: most of their time they wait for a client's next heartbeat or for a
 * virtual machine. Each has its own folders and processes, and prints in one piece when it has ended.
 *
 * @module
 */

import path from "node:path";
import process from "node:process";
import { leavingNone } from "./child.ts";
import { Report } from "./report.ts";
import { type Scenario, Stage, type Target } from "./stage.ts";
import { MissingTool } from "./toolchain.ts";

/** How to play. */
export interface PlayOptions {
  readonly target: Target;
  /** The folder everything is written below. */
  readonly root: string;
  /** How many scenarios run at a time. */
  readonly jobs: number;
  /** Those that wait more than they work: one of them runs beside the others. */
  readonly beside?: readonly string[];
  /** Those that wait until they have the machine to themselves. */
  readonly alone?: readonly string[];
  /** Takes whole lines without the line feed. */
  readonly print: (line: string) => void;
}

/**
 * Plays scenarios, by name, in their order; those that run alone come last. What one throws is a
 * failed check, and nothing it started outlives it. Gives the counts of all.
 */
export async function playAll(
  scenarios: Readonly<Record<string, Scenario>>,
  options: PlayOptions,
): Promise<Report> {
  const { print, jobs, beside = [], alone = [] } = options;
  const total = new Report(print);
  const failed: string[] = [];
  const play = async (lanes: number, wanted: (name: string) => boolean) => {
    const rest = Object.entries(scenarios).filter(([name]) => wanted(name)).values();
    await Promise.all(Array.from({ length: lanes }, async () => {
      for (const [name, scenario] of rest) {
        const report = await playOne(name, { ...options, scenario });
        total.add(report);
        if (!report.clean) failed.push(name);
      }
    }));
  };
  await Promise.all([
    play(jobs, (name) => !alone.includes(name) && !beside.includes(name)),
    play(1, (name) => beside.includes(name)),
  ]);
  await play(1, (name) => alone.includes(name));
  if (failed.length > 0) print(`# failed: ${failed.sort().join(", ")}`);
  return total;
}

/** Plays one; with another beside it, what it prints is held back until it has ended. */
async function playOne(
  name: string,
  { scenario, target, root, jobs, print }: PlayOptions & { readonly scenario: Scenario },
): Promise<Report> {
  const lines: string[] = [];
  const report = new Report(jobs === 1 ? print : (line) => lines.push(line));
  const since = Date.now();
  try {
    const stage = new Stage({ target, report, root: path.join(root, name) });
    await leavingNone(() => scenario(stage));
  } catch (error) {
    if (error instanceof MissingTool && process.env["CI"] !== "true") {
      report.skip(name, error.message);
    } else {
      const message = error instanceof Error ? error.message : String(error);
      report.check(`${name} ran to its end`, [message], since);
    }
  }
  report.note(`${name}: ${Math.round((Date.now() - since) / 1000)} s`);
  if (lines.length > 0) print(lines.join("\n"));
  return report;
}

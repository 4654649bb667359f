/**
 * Colours of lines, for people at a terminal: what is bad is red, what may be is yellow, what is
 * there only to be complete steps back.
 *
 * @module
 */
import { styleText } from "node:util";

/** How a line is meant. */
export type Tone = "bad" | "doubtful" | "quiet" | "heading";

const STYLES = { bad: "red", doubtful: "yellow", quiet: "dim", heading: "bold" } as const;

/** A text in its tone; its line's end stays outside. */
export function toned(text: string, tone: Tone | undefined): string {
  if (tone === undefined) return text;
  const end = text.endsWith("\n") ? "\n" : "";
  const line = end === "" ? text : text.slice(0, -1);
  // Whether colours are wanted has been decided by who calls.
  return styleText(STYLES[tone], line, { validateStream: false }) + end;
}

/** The tone of a row of output, by the fields that rows of all commands share. */
export function toneOf(row: object): Tone | undefined {
  const { kind, severity, torn, bodyDamage, safe, wrong } = row as {
    readonly kind?: unknown;
    readonly severity?: unknown;
    readonly torn?: unknown;
    readonly bodyDamage?: unknown;
    readonly safe?: unknown;
    readonly wrong?: unknown;
  };
  if (severity === "error" || wrong === true || bodyDamage !== undefined) return "bad";
  if (severity === "warning" || safe === false) return "doubtful";
  if (severity === "info") return "quiet";
  if (kind === "damage") return torn === true ? "doubtful" : "bad";
  if (kind === "blank" || kind === "tail") return "quiet";
  return kind === "summary" ? "heading" : undefined;
}

/** Values of `--color`. */
export const COLOR_CHOICES = ["auto", "always", "never"] as const;

/** One of {@linkcode COLOR_CHOICES}. */
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/**
 * Whether output is coloured: what the command line says, else `NO_COLOR`, else `FORCE_COLOR`, else
 * whether a person reads it.
 */
export function hasColors(
  choice: string,
  { env, isTty }: {
    readonly env: (name: string) => string | undefined;
    readonly isTty: boolean;
  },
): boolean {
  if (choice === "always" || choice === "never") return choice === "always";
  const isSet = (name: string) => (env(name) ?? "") !== "";
  if (isSet("NO_COLOR")) return false;
  if (isSet("FORCE_COLOR")) return env("FORCE_COLOR") !== "0";
  return isTty && env("TERM") !== "dumb";
}

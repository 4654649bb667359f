/**
 * The parts of an index file on the command line.
 *
 * @module
 */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { parseWhole } from "./number_option.ts";

/** A part of an index file. */
export type IndexPart =
  | { readonly kind: "header" }
  | { readonly kind: "slot" | "entry"; readonly number: number };

/** Reads `header`, `slot:17` or `entry:4711`. */
export function parseIndexPart(text: string): IndexPart {
  if (text === "header") return { kind: "header" };
  const [kind, number, ...rest] = text.split(":");
  if ((kind !== "slot" && kind !== "entry") || number === undefined || rest.length > 0) {
    throw new InvalidArgumentError("It must be header, slot:NUMBER or entry:NUMBER.");
  }
  return { kind, number: parseWhole(number) };
}

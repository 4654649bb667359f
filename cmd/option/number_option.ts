/**
 * Whole numbers on the command line.
 *
 * @module
 */
import { InvalidArgumentError } from "@commander-js/extra-typings";

/** Reads a number that is 0 or more, such as an offset. */
export function parseWhole(text: string): number {
  if (/^-\d+$/.test(text)) throw new InvalidArgumentError("It must be 0 or more.");
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError(`It must be at most ${Number.MAX_SAFE_INTEGER}.`);
}

/** Reads a number that is 1 or more, such as a limit. */
export function parsePositive(text: string): number {
  const value = parseWhole(text);
  if (value < 1) throw new InvalidArgumentError("It must be 1 or more.");
  return value;
}

/** Reads a port; 0 lets the system choose one. */
export function parsePort(text: string): number {
  const port = parseWhole(text);
  if (port > 65_535) throw new InvalidArgumentError("It must be at most 65535.");
  return port;
}

/**
 * Whole numbers on the command line.
 *
 * @module
 */
import { InvalidArgumentError } from "@commander-js/extra-typings";

const PORT_MAX = 65_535;

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
  if (/^-?\d+$/.test(text) && Number(text) < 1) {
    throw new InvalidArgumentError("It must be 1 or more.");
  }
  return parseWhole(text);
}

/** Reads a port; 0 lets the system choose one. */
export function parsePort(text: string): number {
  return atMost(parseWhole(text), PORT_MAX);
}

/** Longest time a timer of JavaScript can wait; those that are to wait longer do not wait at all. */
const MS_MAX = 2 ** 31 - 1;
const SECOND_MS = 1000;

/** Reads milliseconds to wait, 1 or more. */
export function parseMs(text: string): number {
  return atMost(parsePositive(text), MS_MAX);
}

/** Reads seconds to wait, 0 or more. */
export function parseSeconds(text: string): number {
  return atMost(parseWhole(text), Math.floor(MS_MAX / SECOND_MS));
}

/** More sends at once fill memory and no broker. */
const IN_FLIGHT_MAX = 65_536;

/** Reads how many sends may be under way at once. */
export function parseInFlight(text: string): number {
  return atMost(parsePositive(text), IN_FLIGHT_MAX);
}

function atMost(value: number, max: number): number {
  if (value <= max) return value;
  throw new InvalidArgumentError(`It must be at most ${max}.`);
}

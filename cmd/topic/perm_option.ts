/**
 * What may be done with a topic, on the command line.
 *
 * @module
 */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { PERM } from "../../net/wire/topic_config.ts";

const PERMS: ReadonlyMap<string, number> = new Map([
  ["rw", PERM.READ | PERM.WRITE],
  ["r", PERM.READ],
  ["w", PERM.WRITE],
  [`${PERM.READ | PERM.WRITE}`, PERM.READ | PERM.WRITE],
  [`${PERM.READ}`, PERM.READ],
  [`${PERM.WRITE}`, PERM.WRITE],
]);

/** Reads `rw`, `r`, `w`, or Java's 6, 4, 2. */
export function parsePerm(text: string): number {
  const perm = PERMS.get(text.toLowerCase());
  if (perm !== undefined) return perm;
  throw new InvalidArgumentError("It must be rw, r or w.");
}

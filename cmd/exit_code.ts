/**
 * The exit codes of `mq`: the bits of fsck, so that one number says what was found and what is left.
 *
 * @module
 */

/** Exit codes by what they say. Bits add up. */
export const EXIT = {
  /** Nothing is wrong. */
  ok: 0,
  /** Something was found and put right. With `--exit-status`: the query has no result. */
  corrected: 1,
  /** Something was found and is still there. */
  left: 4,
  /** Looking or acting was not possible. */
  operational: 8,
  /** The command line is wrong. */
  usage: 16,
  /** The question was answered with no, or there was nobody to ask. */
  declined: 32,
  /** Stopped by SIGINT. */
  interrupted: 130,
  /** Stopped by SIGTERM. */
  terminated: 143,
} as const;

/** What each code says to an operator, in the order of `mq help exit-codes`. */
export const EXIT_ABOUT: readonly (readonly [code: string, about: string])[] = [
  [
    `${EXIT.ok}`,
    "nothing is wrong; a torn tail after an unclean stop is expected and counts as nothing",
  ],
  [
    `${EXIT.corrected}`,
    "findings, all corrected (recover --apply); no result (query --exit-status)",
  ],
  [
    `${EXIT.left}`,
    "findings left: damage or bytes the disk cannot read, or a plan that was not applied",
  ],
  [
    `${EXIT.operational}`,
    "operational: no store there, I/O error, permission, a broker holds the lock",
  ],
  [`${EXIT.usage}`, "usage: unknown command, option or value"],
  [`${EXIT.declined}`, "declined at the prompt, or nobody to ask and no --yes"],
  [`${EXIT.interrupted}`, "stopped by SIGINT"],
  [`${EXIT.terminated}`, "stopped by SIGTERM"],
];

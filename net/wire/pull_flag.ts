/**
 * What a pull asks for besides messages, as bits of its header.
 *
 * @module
 */

/** Bits of a pull's `sysFlag` (Java: `PullSysFlag`). On the wire: never renumber. */
export const PULL_FLAG = {
  /** `commitOffset` is to be stored. */
  COMMIT: 0x1,
  /** The broker may hold the pull until there is something. */
  SUSPEND: 0x2,
  /** `subscription` counts, not what the group's heartbeat said. */
  SUBSCRIPTION: 0x4,
  CLASS_FILTER: 0x8,
} as const;

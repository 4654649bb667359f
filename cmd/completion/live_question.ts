/**
 * What a cluster may be asked at the Tab key.
 *
 * @module
 */

/** Kinds of names a cluster knows. */
const LIVE_KINDS = ["topic", "group", "cluster", "broker"] as const;

/** One of {@linkcode LIVE_KINDS}. */
export type LiveKind = (typeof LIVE_KINDS)[number];

/** Whether names of this kind are in a cluster. */
export function isLiveKind(name: string): name is LiveKind {
  return LIVE_KINDS.some((it) => it === name);
}

/** What is asked for. */
export interface LiveQuestion {
  readonly kind: LiveKind;
  /** Name servers on the line. */
  readonly namesrv?: string | undefined;
  /** What stands before a name in its word, such as `--topic=`. */
  readonly prefix?: string | undefined;
  /** The word so far. */
  readonly current?: string | undefined;
}

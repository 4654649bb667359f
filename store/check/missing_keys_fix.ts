/**
 * Tells who brings back keys that are missing after an unclean stop. A start of this project builds
 * the index from where it ends. A Java broker begins to read the log where its checkpoint says, and
 * passes over every record that an index file it kept ends behind: it may bring back none of them.
 *
 * @module
 */
import { emptyCheckpoint } from "../checkpoint.ts";
import { JAVA_RULES } from "../exact/java_release.ts";
import { javaStart } from "../exact/java_start.ts";
import { INDEX_HEADER } from "../format.ts";
import { listIndexFiles } from "../key_index_reader.ts";
import { BY_START } from "./finding_about.ts";
import type { StoreState } from "./store_state.ts";

/** From where on a release of Java puts keys into the index again, and why from there. */
interface JavaIndexed {
  readonly release: string;
  readonly from: number;
  readonly reason: string;
}

/** What can be done about missing keys, by the log offset of the first record that lacks some. */
export type MissingKeysFix = (firstAt: number) => string;

/** Looks at a store that was not stopped cleanly. */
export function missingKeysFix(state: StoreState): MissingKeysFix {
  const releases = javaIndexed(state);
  return (firstAt) => {
    const late = releases.filter(({ from }) => from > firstAt);
    if (late.length === 0) return BY_START;
    const reasons = late.map(({ release, reason }) => `Java ${release}, which ${reason}`);
    return "mq recover --apply, or a start of mq, puts it right; not so a start of " +
      reasons.join(", or of ");
  };
}

function javaIndexed(state: StoreState): JavaIndexed[] {
  const { fs, log: { segments }, stoppedCleanly } = state;
  if (segments.length === 0) return [];
  const checkpoint = state.checkpoint ?? emptyCheckpoint();
  const keptEnd = endOfKept(state, checkpoint.indexMsgTimestamp);
  return Object.entries(JAVA_RULES).map(([release, rules]) => {
    const input = { fs, segments, rules, stoppedCleanly, checkpoint, queuesRemember: -1 };
    const { start, name } = segments[javaStart(input).file]!;
    return start >= keptEnd
      ? { release, from: start, reason: `reads the log from ${name} on` }
      : { release, from: keptEnd, reason: `indexes nothing before log offset ${keptEnd}` };
  });
}

/** Log offset the last index file ends at that Java does not delete; 0 where it deletes them all. */
function endOfKept({ fs, paths }: StoreState, indexMsgTimestamp: number): number {
  const bytes = new Uint8Array(INDEX_HEADER.size);
  for (const path of listIndexFiles(fs, paths.index).paths.toReversed()) {
    const file = fs.openRead(path);
    const got = file.read(bytes, 0);
    file.close();
    if (got < bytes.length) continue;
    const { endTimestamp, endPhyOffset } = INDEX_HEADER.read(new DataView(bytes.buffer), 0);
    if (endTimestamp <= indexMsgTimestamp) return endPhyOffset;
  }
  return 0;
}

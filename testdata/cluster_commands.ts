/**
 * Command lines against a cluster at work, for tests.
 *
 * @module
 */

import type { ClusterFixture } from "./cluster_fixture.ts";
import { sendFields } from "./message_path.ts";
import { record, type RecordedRun, type RecordedSurroundings } from "./recorded_terminal.ts";

/** Runs `mq …` with the cluster's name server, at the time it is. */
export function recordAt(
  { nameServer }: ClusterFixture,
  words: readonly string[],
  surroundings: RecordedSurroundings = {},
): Promise<RecordedRun> {
  return record([...words, "-n", nameServer.peer], { nowMs: Date.now(), ...surroundings });
}

/** Rows of a run that prints JSON lines. */
export async function rowsAt<Row = Record<string, unknown>>(
  cluster: ClusterFixture,
  words: readonly string[],
  surroundings: RecordedSurroundings = {},
): Promise<{ readonly rows: readonly Row[]; readonly exitCode: number; readonly stderr: string }> {
  const { stdout, stderr, exitCode } = await recordAt(
    cluster,
    [...words, "-o", "jsonl"],
    surroundings,
  );
  const rows = stdout.split("\n").filter((it) => it !== "").map((it) => JSON.parse(it) as Row);
  return { rows, exitCode, stderr };
}

/** Sends `count` messages to a queue of the first broker. */
export async function fill(
  { brokers }: ClusterFixture,
  { topic, queueId, count }: {
    readonly topic: string;
    readonly queueId: number;
    readonly count: number;
  },
): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    const extFields = sendFields({ topic, queueId });
    const { code, remark } = await brokers[0]!.ask("SEND_MESSAGE_V2", {
      extFields,
      body: new Uint8Array(1),
    });
    if (code !== 0) throw new Error(`Cannot fill topic "${topic}": ${remark}`);
  }
}

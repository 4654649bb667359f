/**
 * The inspecting commands on the store a broker has just written: they find in the files what a client
 * read from the broker. A Java target shows that they read what Java writes.
 *
 * @module
 */

import { fieldDifferences, stored } from "../compare.ts";
import type { Received } from "../message.ts";
import { type MqCommand, mqLines, notEnding } from "../mq_command.ts";
import type { Stage } from "../stage.ts";
import { SMALL_FILES } from "../store_copies.ts";

const TOPIC = "T_offline";
const COUNTS = { sync: 100, async: 300, oneway: 20, batch: 100 };
const KEYS = ["sync-7", "batch-99", "键3"];

/** The scenario. */
export async function offline(stage: Stage): Promise<void> {
  const mq = await stage.mq();
  await using cluster = await stage.start({ conf: SMALL_FILES });
  const client = await stage.javaClient(stage.clientVersions[0] ?? "5.5.0", cluster);
  await client.send(TOPIC, COUNTS);
  const { messages } = await client.pullAll([TOPIC]);
  await cluster.kill9();
  await check(stage, mq, { title: "after kill -9", store: cluster.store, messages });
  await cluster.restart();
  await cluster.stop();
  await check(stage, mq, { title: "after a clean stop", store: cluster.store, messages });
}

interface Written {
  readonly title: string;
  readonly store: string;
  readonly messages: readonly Received[];
}

async function check(
  stage: Stage,
  mq: MqCommand,
  { title, store, messages }: Written,
): Promise<void> {
  const name = `offline: ${stage.target} ${title}`;
  let since = Date.now();
  stage.report.check(
    `${name}: mq verify finds nothing`,
    await notEnding(mq, ["verify", store], [0]),
    since,
  );
  since = Date.now();
  const log = await mqLines<Inspected>(mq, ["inspect", "commitlog", store, "--body", "sha256"]);
  stage.report.check(
    `${name}: mq inspect commitlog shows the ${messages.length} messages a client pulled`,
    notInspected(messages, log.filter(({ kind, topic }) => kind === "message" && topic === TOPIC)),
    since,
  );
  since = Date.now();
  const differences: string[] = [];
  for (const key of KEYS) {
    const wanted = messages.filter(({ properties }) =>
      properties["KEYS"]?.split(" ").includes(key)
    );
    const args = ["query", store, "--topic", TOPIC, "--key", key, "--body", "sha256"];
    differences.push(...notInspected(wanted, await mqLines<Inspected>(mq, args)));
  }
  stage.report.check(`${name}: mq query --key finds what has the key`, differences, since);
}

/** A message as `-o jsonl` prints it: `msgId` is the offset id. */
type Inspected = Omit<Received, "offsetMsgId"> & { readonly kind: string };

function notInspected(pulled: readonly Received[], inspected: readonly Inspected[]): string[] {
  const byPlace = new Map(inspected.map((row) => [row.commitLogOffset, row]));
  const differences: string[] = [];
  for (const message of pulled) {
    const name = `${message.queueId} at ${message.queueOffset}`;
    const row = byPlace.get(message.commitLogOffset);
    if (row === undefined) {
      differences.push(`${name}: missing, was at ${message.commitLogOffset} in the log`);
      continue;
    }
    const { sysFlag: _, offsetMsgId, ...fields } = stored(message);
    differences.push(...fieldDifferences(name, { ...fields, msgId: offsetMsgId }, row));
  }
  if (inspected.length !== pulled.length) {
    differences.push(`${inspected.length} messages shown, ${pulled.length} pulled`);
  }
  return differences;
}

/**
 * `mq group create`: makes a consumer group.
 *
 * @module
 */
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";

/** What `mq group create` may be asked. */
export interface CreateGroupOptions extends ClusterOptions, OutputOptions {
  readonly retryMax?: number | undefined;
  readonly retryQueues?: number | undefined;
  readonly consume: boolean;
  readonly broadcast: boolean;
  readonly cluster?: string | undefined;
  readonly broker?: readonly string[] | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "group", type: "string", about: "consumer group", width: 16 },
  { name: "brokerName", type: "string", about: "broker that has it", width: 12 },
  { name: "retryMaxTimes", type: "number", about: "retries before dead letters", width: 13 },
  { name: "retryQueueNums", type: "number", about: "queues of its retry topic", width: 14 },
  { name: "consumeEnable", type: "boolean", about: "whether it may consume", width: 13 },
  {
    name: "consumeBroadcastEnable",
    type: "boolean",
    about: "whether it may consume in broadcast mode",
    width: 22,
  },
];

/** Makes a group, and prints it as its brokers have it. */
export async function createGroup(
  terminal: Terminal,
  group: string,
  options: CreateGroupOptions,
): Promise<number> {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  await using client = connectFrom(terminal, options);
  const { admin } = client;
  const known = await admin.groupConfig(group);
  if (known.length > 0) {
    const brokers = known.map((it) => it.brokerName).join(" and ");
    throw new Failure(`Group "${group}" is there already, at ${brokers}`);
  }
  await admin.createGroup(group, {
    retryMaxTimes: options.retryMax,
    retryQueueNums: options.retryQueues,
    consumeEnable: options.consume,
    consumeBroadcastEnable: options.broadcast,
    cluster: options.cluster,
    brokers: options.broker,
  });
  for (const it of await admin.groupConfig(group)) rows.row(it);
  rows.end();
  return EXIT.ok;
}

/**
 * Where a group begins that has never been in a topic. Of itself it begins at the first message of
 * every young queue, whatever it asks for: brokers say that it was there at 0 (Java:
 * `ConsumerManageProcessor.queryConsumerOffset`). What was asked for is committed before it joins.
 *
 * @module
 */
import type { Admin } from "../../net/client/admin/admin.ts";
import type { Client } from "../../net/client/client.ts";
import { ClientError } from "../../net/client/client_error.ts";
import type { Filter } from "../../net/client/consumer/subscription.ts";

/**
 * Commits where a group begins in a topic: behind the last message of each queue, or at a time. A
 * group that has been there, or has members online, stays as it is.
 *
 * @throws {ClientError} `no-route` without the topic, `refused`. @throws {RpcError} when there is no
 * answer.
 */
export async function beginGroup(
  client: Client,
  { group, topic, filter = "*", startFrom }: {
    readonly group: string;
    readonly topic: string;
    /** What it will subscribe to. */
    readonly filter?: Filter;
    readonly startFrom: "last" | Date;
  },
): Promise<void> {
  const { admin } = client;
  if (await hasBeenIn(admin, group, topic)) return;
  try {
    await admin.resetOffsets(group, topic, { to: startFrom });
  } catch (error) {
    if (!isUnknownGroup(error)) throw error;
    await introduce(client, group, { topic, filter });
    await admin.resetOffsets(group, topic, { to: startFrom });
  }
}

async function hasBeenIn(admin: Admin, group: string, topic: string): Promise<boolean> {
  const [committed, { members }] = await Promise.all([
    admin.offsets(group, topic),
    admin.members(group),
  ]);
  if (members.length > 0 || committed.some(({ offset }) => offset > 0)) return true;
  if (committed.length === 0) return false;
  // Brokers of 4.x say 0 of young queues, too; without a topic they list those it committed in.
  const { queues } = await admin.progress(group, { owners: false });
  return queues.some((it) => it.topic === topic);
}

/** Brokers keep no offset of a group they have no settings of; they make them when it first comes. */
async function introduce(
  client: Client,
  group: string,
  { topic, filter }: { readonly topic: string; readonly filter: Filter },
): Promise<void> {
  await using member = client.pullConsumer({ group, autoCommit: false });
  await member.subscribe(topic, filter);
}

function isUnknownGroup(error: unknown): boolean {
  return error instanceof ClientError && error.code === "SUBSCRIPTION_GROUP_NOT_EXIST";
}

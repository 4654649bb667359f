/**
 * Whether there is a consumer group of a name: one without offsets is one thing, a name that is
 * misspelt another.
 *
 * @module
 */
import type { Admin } from "../../net/client/admin/admin.ts";
import type { GroupProgress } from "../../net/client/admin/progress.ts";
import { noBroker } from "../cluster/some_broker.ts";
import { Failure } from "../failure.ts";

/**
 * Throws a failure where no broker has settings of a group, nobody of it is online, and it has no
 * offsets as far as `progress` tells.
 */
export async function checkGroup(
  admin: Pick<Admin, "groupConfig" | "clusterInfo">,
  group: string,
  { progress, topic }: {
    readonly progress?: Pick<GroupProgress, "queues" | "members"> | undefined;
    /** The only one that was looked at. */
    readonly topic?: string | undefined;
  } = {},
): Promise<void> {
  // Of a topic that is asked for all queues are told, at 0 where the group never was.
  const isSeen = progress !== undefined &&
    (progress.members.members.length > 0 ||
      progress.queues.some((it) => topic === undefined || it.consumerOffset > 0));
  if (isSeen || (await admin.groupConfig(group)).length > 0) return;
  throw await noGroup(admin, group, topic);
}

/** That there is no such group, or nobody left who would know. */
export async function noGroup(
  admin: Pick<Admin, "clusterInfo">,
  group: string,
  topic?: string,
): Promise<Failure> {
  if ((await admin.clusterInfo()).length === 0) return noBroker();
  const where = topic === undefined ? "" : ` in topic "${topic}"`;
  return new Failure(
    `Group "${group}" does not exist: no broker has settings or offsets of it${where}`,
  );
}

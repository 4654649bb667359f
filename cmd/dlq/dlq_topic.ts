/**
 * The topic with the dead letters of a group.
 *
 * @module
 */
import type { Admin } from "../../net/client/admin/admin.ts";
import { checkGroup } from "../group/known_group.ts";
import { note, type Terminal } from "../terminal.ts";
import { DLQ_PREFIX } from "./dead_letter.ts";

/**
 * Whether a group has such a topic: brokers make it with the first dead letter. That there is none is
 * noted. Throws a failure where there is no such group.
 */
export async function hasDlqTopic(
  terminal: Terminal,
  admin: Pick<Admin, "route" | "progress" | "groupConfig" | "clusterInfo">,
  group: string,
): Promise<boolean> {
  if (await admin.route(DLQ_PREFIX + group) !== undefined) return true;
  await checkGroup(admin, group, { progress: await admin.progress(group, { owners: false }) });
  note(terminal, `group "${group}" has no dead letters`);
  return false;
}

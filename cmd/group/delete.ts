/**
 * `mq group delete`: removes a consumer group with its offsets.
 *
 * @module
 */
import { EXIT } from "../exit_code.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { agree } from "../option/yes_option.ts";
import { counted } from "../output/counted.ts";
import { note, type Terminal } from "../terminal.ts";
import { noGroup } from "./known_group.ts";

/** What `mq group delete` may be asked. */
export interface DeleteGroupOptions extends ClusterOptions {
  readonly keepOffsets?: boolean | undefined;
  readonly topics?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

/** Says who is in a group and what is left, asks, and removes it. */
export async function deleteGroup(
  terminal: Terminal,
  group: string,
  { keepOffsets = false, topics = false, ...options }: DeleteGroupOptions,
): Promise<number> {
  await using client = connectFrom(terminal, options);
  const { admin } = client;
  const [configs, { lag, queues, members }] = await Promise.all([
    admin.groupConfig(group),
    admin.progress(group, { owners: false }),
  ]);
  const online = members.members;
  if (configs.length === 0 && queues.length === 0 && online.length === 0) {
    throw await noGroup(admin, group);
  }
  const facts = [
    online.length === 0
      ? `nobody of group "${group}" is online`
      : `online: ${online.map((it) => it.clientId).join(", ")}; they may make the group again`,
    `${counted(lag, "message")} in ${counted(queues.length, "queue")} ` +
    "it has offsets in are not consumed",
    ...keepOffsets ? ["its offsets stay"] : [],
    ...topics ? ["its retry and dead-letter topics go, with the messages in them"] : [],
  ];
  await agree(terminal, { what: `delete group "${group}" for good`, facts, yes: options.yes });
  await admin.deleteGroup(group, { offsets: !keepOffsets, topics });
  note(terminal, `group "${group}" is deleted`);
  return EXIT.ok;
}

/**
 * `mq topic delete`: removes a topic with its messages.
 *
 * @module
 */
import { EXIT } from "../exit_code.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { agree } from "../option/yes_option.ts";
import { counted } from "../output/counted.ts";
import { note, type Terminal } from "../terminal.ts";

/** What `mq topic delete` may be asked. */
export interface DeleteTopicOptions extends ClusterOptions {
  readonly yes?: boolean | undefined;
}

/** Says what is in a topic and who consumes it, asks, and removes it. */
export async function deleteTopic(
  terminal: Terminal,
  topic: string,
  options: DeleteTopicOptions,
): Promise<number> {
  await using client = connectFrom(terminal, options);
  const { admin } = client;
  const [{ queues }, groups] = await Promise.all([
    admin.topicStats(topic),
    admin.topicGroups(topic),
  ]);
  const messages = queues.reduce((sum, it) => sum + it.maxOffset - it.minOffset, 0);
  const brokers = [...new Set(queues.map((it) => it.brokerName))];
  const users = groups.length === 0 ? "no group consumes it" : `groups: ${groups.join(", ")}`;
  await agree(terminal, {
    what: `delete topic "${topic}" for good`,
    facts: [
      `topic "${topic}" has ${counted(messages, "message")} in ${
        counted(queues.length, "queue")
      } ` +
      `at ${brokers.join(", ")}; ${users}`,
    ],
    yes: options.yes,
  });
  await admin.deleteTopic(topic);
  note(terminal, `topic "${topic}" is deleted`);
  return EXIT.ok;
}

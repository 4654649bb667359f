/**
 * A cluster with a topic of two queues, for tests of what operators ask.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ClusterFixture, type ClusterFixtureOptions } from "./cluster_fixture.ts";
import { sendFields } from "./message_path.ts";

/** A cluster with the topic `T`. */
export async function clusterWithTopic(
  options: ClusterFixtureOptions = {},
): Promise<ClusterFixture> {
  const it = await ClusterFixture.start(options);
  await it.client.admin.createTopic("T", { readQueues: 2, writeQueues: 2 });
  return it;
}

/** The same with three messages in queue 0, two in queue 1, and the group `g`. */
export async function clusterWithMessages(
  options: ClusterFixtureOptions = {},
): Promise<ClusterFixture> {
  const it = await clusterWithTopic(options);
  await it.client.admin.createGroup("g");
  for (const queueId of [0, 1, 0, 1, 0]) await sendTo(it, "x", { queueId });
  return it;
}

/** Sends a text to a queue of `T` with properties, and gives the broker's id of it. */
export async function sendTo(
  { brokers }: ClusterFixture,
  text: string,
  { broker = 0, queueId = 0, ...properties }:
    & { broker?: number; queueId?: number }
    & Record<string, string | number> = {},
): Promise<string> {
  const written = Object.entries(properties).map(([key, value]) => [key, String(value)]);
  const answer = await brokers[broker]!.ask("SEND_MESSAGE_V2", {
    extFields: sendFields({ queueId, properties: Object.fromEntries(written) }),
    body: new TextEncoder().encode(text),
  });
  assert.equal(answer.code, 0, answer.remark);
  return answer.extFields!["msgId"]!;
}

/** Offsets by the number of their queue. */
export function byQueue(
  offsets: readonly { readonly queueId: number; readonly offset: number }[],
): number[][] {
  return offsets.map((it) => [it.queueId, it.offset]);
}

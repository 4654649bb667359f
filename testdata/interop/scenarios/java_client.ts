/**
 * Java clients of every tested release: send in each way there is, consume in each way there is, and
 * compare every field of what comes out with what went in.
 *
 * @module
 */

import type { JavaClient } from "../clients.ts";
import {
  fieldDifferences,
  notAsSent,
  notExactlyOnce,
  notInQueueOrder,
  notTheSame,
} from "../compare.ts";
import type { Received, Sent } from "../message.ts";
import type { Stage } from "../stage.ts";

const COUNTS = { sync: 1_000, async: 1_000, oneway: 100, batch: 320 };
const ALL = COUNTS.sync + COUNTS.async + COUNTS.oneway + COUNTS.batch;
const ASKED_AGAIN = 5;

/** The scenario. */
export async function javaClient(stage: Stage): Promise<void> {
  await using cluster = await stage.start();
  for (const version of stage.clientVersions) {
    const client = await stage.javaClient(version, cluster);
    const topic = `T_java_${version.replaceAll(".", "_")}`;
    await client.admin([["updateTopic", "-b", cluster.broker, "-t", topic, "-r", "4", "-w", "4"]]);
    const sent = await sendAndReceive(stage, { client, topic });
    await consumeInOtherWays(stage, { client, topic, sent });
  }
  const since = Date.now();
  await cluster.stop();
  stage.report.check(`${stage.target}: stopped cleanly`, [], since);
}

/** A consumer that waits while the messages are sent gets each once, in order, unchanged. */
async function sendAndReceive(
  stage: Stage,
  { client, topic }: { client: JavaClient; topic: string },
): Promise<Sent[]> {
  const { report } = stage;
  const name = `java-${client.version} client`;
  const since = Date.now();
  await using consumer = await client.startConsume({ topic, group: "G_live", expect: ALL });
  const sent = await client.send(topic, COUNTS);
  report.check(`${name}: ${ALL} messages sent and answered`, notSent(sent), since);
  const received = await consumer.result();
  report.check(
    `${name}: ${received.length} messages received exactly once`,
    notExactlyOnce(sent, received),
    since,
  );
  report.check(`${name}: received in queue order, without a gap`, notInQueueOrder(received));
  report.check(
    `${name}: every body, property, id and time as sent and acknowledged`,
    notAsSent(sent, received),
  );
  report.check(`${name}: the 30 KB body was compressed`, notCompressed(received));
  const pulled = await client.pullAll([topic]);
  report.check(`${name}: pulled messages equal pushed ones`, notTheSame(received, pulled.messages));
  return sent;
}

/** Consumers that come later: orderly, filtered by tag, and one that asks for messages again. */
async function consumeInOtherWays(
  stage: Stage,
  { client, topic, sent }: { client: JavaClient; topic: string; sent: readonly Sent[] },
): Promise<void> {
  const { report } = stage;
  const name = `java-${client.version} client`;
  let since = Date.now();
  const orderly = await client.consume({ topic, group: "G_orderly", expect: ALL, orderly: true });
  report.check(`${name}: orderly consumer of the backlog received all ${ALL} in order`, [
    ...notExactlyOnce(sent, orderly),
    ...notInQueueOrder(orderly),
    ...notAsSent(sent, orderly),
  ], since);

  since = Date.now();
  const wanted = sent.filter(({ properties }) =>
    properties["TAGS"] === "TagA" || properties["TAGS"] === "标签丙"
  );
  const tags = "TagA || 标签丙";
  const tagged = await client.consume({ topic, group: "G_tags", expect: wanted.length, tags });
  report.check(`${name}: tag filter let exactly ${wanted.length} messages through`, [
    ...notExactlyOnce(wanted, tagged),
    ...notAsSent(wanted, tagged),
  ], since);

  since = Date.now();
  const few = sent.filter(({ properties }) => properties["TAGS"] === "TagB");
  const again = await client.consume({
    topic,
    group: "G_again",
    tags: "TagB",
    expect: few.length + ASKED_AGAIN,
    later: ASKED_AGAIN,
  });
  report.check(
    `${name}: ${ASKED_AGAIN} messages asked for again came back once`,
    notSentBack(few, again),
    since,
  );
}

function notSent(sent: readonly Sent[]): string[] {
  const differences: string[] = [];
  if (sent.length !== ALL) differences.push(`expected ${ALL} sends, found ${sent.length}`);
  for (const { how, no, status, msgId } of sent) {
    const expected = how === "oneway" ? "NO_ANSWER" : "SEND_OK";
    if (status !== expected) differences.push(`${no}: expected ${expected}, found ${status}`);
    if (!msgId) differences.push(`${no}: without an id`);
  }
  return differences;
}

function notCompressed(received: readonly Received[]): string[] {
  const large = received.filter(({ bodySize }) => bodySize > 4096);
  if (large.length !== 1) return [`expected one body above 4 KiB, found ${large.length}`];
  return large
    .filter(({ bodySize, storeSize }) => storeSize >= bodySize)
    .map(({ bodySize, storeSize }) => `${bodySize} bytes take ${storeSize} in the store`);
}

function notSentBack(sent: readonly Sent[], received: readonly Received[]): string[] {
  const first = received.filter(({ reconsumeTimes }) => reconsumeTimes === 0);
  const back = received.filter(({ reconsumeTimes }) => reconsumeTimes > 0);
  const differences = notExactlyOnce(sent, first);
  if (back.length !== ASKED_AGAIN) {
    differences.push(`expected ${ASKED_AGAIN} messages to come back, found ${back.length}`);
  }
  const originals = new Map(first.map((message) => [message.msgId, message]));
  for (const message of back) {
    const original = originals.get(message.msgId);
    if (original === undefined) {
      differences.push(`${message.msgId}: came back, never came`);
      continue;
    }
    const { topic, flag, msgId, bodySize, bodySha256, bornTimestamp, bornHost } = original;
    const same = { topic, flag, msgId, bodySize, bodySha256, bornTimestamp, bornHost };
    differences.push(...fieldDifferences(msgId, { ...same, reconsumeTimes: 1 }, message));
    const { KEYS, TAGS, UNIQ_KEY, no, note } = original.properties;
    const kept = { KEYS, TAGS, UNIQ_KEY, no, note };
    const added = { RETRY_TOPIC: topic, ORIGIN_MESSAGE_ID: original.offsetMsgId };
    differences.push(...fieldDifferences(msgId, { ...kept, ...added }, message.properties));
  }
  return differences;
}

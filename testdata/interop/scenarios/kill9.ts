/**
 * A broker that crashes under load, again and again: what it acknowledged is there, where it said.
 *
 * @module
 */

import type { Running } from "../client_program.ts";
import { notInQueueOrder, notTheSame, notWhereAcknowledged } from "../compare.ts";
import { type Acknowledged, type Pulled, queueOf, type Received } from "../message.ts";
import type { Stage } from "../stage.ts";
import { SMALL_FILES } from "../store_copies.ts";

const CRASHES = 5;
const THREADS = 8;
/** Acknowledged messages between two crashes: enough to fill a few files of the log. */
const BETWEEN = 2_000;
const WAIT_MS = 90_000;

/** The scenario. */
export async function kill9(stage: Stage): Promise<void> {
  const { report } = stage;
  const since = Date.now();
  await using cluster = await stage.start({ conf: SMALL_FILES });
  const client = await stage.javaClient(stage.clientVersions[0] ?? "5.5.0", cluster);
  const topic = "T_kill9";
  await client.admin([["updateTopic", "-b", cluster.broker, "-t", topic, "-r", "4", "-w", "4"]]);
  await using load = await client.startLoad(topic, THREADS);
  for (let crash = 0; crash < CRASHES; crash++) {
    await moreAcknowledged(load);
    await cluster.kill9();
    await cluster.restart();
  }
  await moreAcknowledged(load);
  const acknowledged = await load.result();
  const pulled = await client.pullAll([topic]);
  report.check(
    `kill -9: after ${CRASHES} crashes each of ${acknowledged.length} acknowledged messages ` +
      "is where it was acknowledged",
    notWhereAcknowledged(acknowledged, pulled.messages),
    since,
  );
  report.check("kill -9: queue offsets have no gap and no repeat", notDense(pulled));
  report.check("kill -9: queues follow the order of the log", notInLogOrder(pulled.messages));
  report.check(
    "kill -9: nothing is there that was never sent",
    neverSent(acknowledged, pulled.messages),
  );

  const stopping = Date.now();
  await cluster.stop();
  await cluster.restart();
  const again = await client.pullAll([topic]);
  report.check(
    "kill -9: the same messages after a clean stop and start",
    notTheSame(pulled.messages, again.messages),
    stopping,
  );
}

async function moreAcknowledged(load: Running<Acknowledged>): Promise<void> {
  const goal = load.count() + BETWEEN;
  const end = Date.now() + WAIT_MS;
  while (load.count() < goal) {
    if (Date.now() > end) {
      throw new Error(`Load stands still: ${load.count()} of ${goal} messages acknowledged`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function notDense({ queues, messages }: Pulled): string[] {
  const differences = notInQueueOrder(messages);
  for (const queue of queues) {
    const found = messages.filter((message) => queueOf(message) === queueOf(queue)).length;
    if (queue.minOffset !== 0 || queue.maxOffset !== found) {
      differences.push(
        `${queueOf(queue)}: from ${queue.minOffset} to ${queue.maxOffset}, ${found} messages read`,
      );
    }
  }
  return differences;
}

function notInLogOrder(messages: readonly Received[]): string[] {
  const differences: string[] = [];
  const last = new Map<string, number>();
  for (const message of messages) {
    const queue = queueOf(message);
    const before = last.get(queue) ?? -1;
    if (message.commitLogOffset <= before) {
      differences.push(
        `${queue} ${message.queueOffset}: at ${message.commitLogOffset}, after ${before}`,
      );
    }
    last.set(queue, message.commitLogOffset);
  }
  return differences;
}

/** A message may be there twice, sent again after a lost answer, but only with the body it had. */
function neverSent(acknowledged: readonly Acknowledged[], messages: readonly Received[]): string[] {
  const bodies = new Map(acknowledged.map(({ no, bodySha256 }) => [no, bodySha256]));
  const differences: string[] = [];
  for (const { properties, bodySha256, msgId } of messages) {
    const no = properties["no"] ?? "";
    const body = bodies.get(no);
    if (!no.startsWith("load-")) differences.push(`${msgId}: number "${no}"`);
    // The last few were stored, and the load was stopped before it got the answer.
    else if (body !== undefined && body !== bodySha256) differences.push(`${no}: another body`);
  }
  return differences;
}

/**
 * The Go client, on a topic the broker creates by itself at the first send; and Go and Java reading
 * each other's messages. (Its groups are the scenario go_groups, together with our client own_go.)
 *
 * @module
 */

import { notAsSent, notExactlyOnce, notInQueueOrder, notTheSame } from "../compare.ts";
import type { Sent } from "../message.ts";
import type { Stage } from "../stage.ts";

const COUNTS = { sync: 100, async: 100, oneway: 20, batch: 50 };
const ALL = COUNTS.sync + COUNTS.async + COUNTS.oneway + COUNTS.batch;
/** What `go/main.go` makes large, and its client compresses, as it does from 4 KiB on. */
const LARGE_BODY_BYTES = 30 * 1024;

/** The scenario. */
export async function goClient(stage: Stage): Promise<void> {
  const { report } = stage;
  await using cluster = await stage.start();
  const go = await stage.goClient(cluster);
  const java = await stage.javaClient(stage.clientVersions[0] ?? "5.5.0", cluster);

  let since = Date.now();
  let topic = "T_go";
  const sent = await go.send(topic, COUNTS);
  const received = await go.consume({ topic, group: "G_go", expect: ALL });
  report.check(`go client: ${received.length} messages received exactly once`, [
    ...failedSends(sent),
    ...notExactlyOnce(sent, received),
  ], since);
  report.check("go client: received in queue order, without a gap", notInQueueOrder(received));
  report.check(
    "go client: every body, property, id and time as sent and acknowledged",
    notAsSent(sent, received),
  );
  const pulled = await java.pullAll([topic]);
  report.check("go client: Java reads the same messages", notTheSame(received, pulled.messages));
  const large = pulled.messages.filter(({ bodySize }) => bodySize >= LARGE_BODY_BYTES);
  report.check("go client: a large body is stored compressed", [
    ...(large.length > 0 ? [] : ["there is none"]),
    ...large.filter(({ bodySize, storeSize }) => storeSize >= bodySize / 2)
      .map(({ msgId, bodySize, storeSize }) => `${msgId}: ${storeSize} bytes for ${bodySize}`),
  ]);

  since = Date.now();
  topic = "T_from_java";
  const fromJava = await java.send(topic, { sync: 40, batch: 20 });
  const read = await go.consume({ topic, group: "G_go_java", expect: fromJava.length });
  report.check("go client: reads what Java sent, the compressed body and the batch too", [
    ...notExactlyOnce(fromJava, read),
    ...notAsSent(fromJava, read),
  ], since);
}

function failedSends(sent: readonly Sent[]): string[] {
  return sent
    .filter(({ how, status }) => status !== (how === "oneway" ? "NO_ANSWER" : "SEND_OK"))
    .map(({ no, status }) => `${no}: ${status}`);
}

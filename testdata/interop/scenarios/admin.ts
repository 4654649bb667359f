/**
 * What an operator sees through `mqadmin` of every tested release.
 *
 * @module
 */

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { JavaClient } from "../clients.ts";
import type { Cluster } from "../cluster.ts";
import { fieldDifferences } from "../compare.ts";
import type { Sent } from "../message.ts";
import { namedValues, routeData, settings, tableRows } from "../mqadmin_output.ts";
import type { Stage } from "../stage.ts";

const GROUP = "G_admin";
const QUEUES = 4;

interface Seen {
  readonly stage: Stage;
  readonly cluster: Cluster;
  readonly client: JavaClient;
  readonly topic: string;
  readonly sent: readonly Sent[];
}

/** The scenario. */
export async function admin(stage: Stage): Promise<void> {
  await using cluster = await stage.start();
  for (const version of stage.clientVersions) {
    const client = await stage.javaClient(version, cluster);
    const topic = `T_admin_${version.replaceAll(".", "_")}`;
    const count = `${QUEUES}`;
    const create = ["updateTopic", "-b", cluster.broker, "-t", topic, "-r", count, "-w", count];
    const [created] = await client.admin([create]);
    stage.report.check(
      `mqadmin ${version}: updateTopic`,
      lacking(created, [`create topic to ${cluster.broker} success.`]),
    );
    const sent = await client.send(topic, { sync: 40, batch: 20 });
    const seen = { stage, cluster, client, topic, sent };
    await checkCluster(seen);
    await checkMessages(seen);
    await checkConsumer(seen);
    await checkDeletion(seen);
  }
}

/** Which broker is where, and what it says of itself. */
async function checkCluster({ stage, cluster, client, topic, sent }: Seen): Promise<void> {
  const [list, route, topics, status, config] = await client.admin([
    ["clusterList"],
    ["topicRoute", "-t", topic],
    ["topicList"],
    ["brokerStatus", "-b", cluster.broker],
    ["getBrokerConfig", "-b", cluster.broker],
  ]);
  const check = checker(stage, client);
  const brokerName = sent[0]?.brokerName;
  const [clusterName, ...row] = tableRows(list ?? "")[0] ?? [];
  check("clusterList names the broker", [
    ...fieldDifferences("broker", [brokerName, "0", cluster.broker], row),
    ...(/^V[45]_\d+_\d+/.test(row[3] ?? "") ? [] : [`no version: ${row[3]}`]),
  ]);
  const queue = { brokerName, readQueueNums: QUEUES, writeQueueNums: QUEUES, perm: 6 };
  const data = routeData(route ?? "") as {
    readonly brokerDatas?: readonly object[];
    readonly queueDatas?: readonly object[];
  };
  const broker = { brokerName, cluster: clusterName, brokerAddrs: { "0": cluster.broker } };
  check("topicRoute leads to the broker", [
    ...fieldDifferences("broker", broker, data?.brokerDatas?.[0] ?? {}),
    ...fieldDifferences("queue", queue, data?.queueDatas?.[0] ?? {}),
  ]);
  check("topicList has the topic", topics?.split("\n").includes(topic) ? [] : [`no ${topic}`]);
  const values = settings(status ?? "");
  const stored = Number(values.get("commitLogMaxOffset"));
  check("brokerStatus counts", [
    ...(stored > 0 ? [] : [`commitLogMaxOffset ${values.get("commitLogMaxOffset")}`]),
    ...(Number(values.get("msgPutTotalTodayNow")) >= sent.length
      ? []
      : [`msgPutTotalTodayNow ${values.get("msgPutTotalTodayNow")}, sent ${sent.length}`]),
  ]);
  check(
    "getBrokerConfig prints the settings",
    fieldDifferences("setting", { brokerName, brokerClusterName: clusterName }, {
      brokerName: settings(config ?? "").get("brokerName"),
      brokerClusterName: settings(config ?? "").get("brokerClusterName"),
    }),
  );
}

/** Queue offsets, and one message found in each way there is. */
async function checkMessages({ stage, client, topic, sent }: Seen): Promise<void> {
  const wanted = sent[3];
  if (wanted === undefined) throw new Error("Nothing was sent");
  const { msgId, offsetMsgId = "", queueId = -1, queueOffset = -1, brokerName = "" } = wanted;
  const place = ["-b", brokerName, "-i", `${queueId}`, "-o", `${queueOffset}`];
  // 5.x asks for the topic where 4.x does not know the option.
  const topicOption = client.version.startsWith("5.") ? ["-t", topic] : [];
  const [status, byKey, byId, byUniqueKey, byOffset] = await client.admin([
    ["topicStatus", "-t", topic],
    ["queryMsgByKey", "-t", topic, "-k", wanted.no],
    ["queryMsgById", ...topicOption, "-i", offsetMsgId],
    ["queryMsgByUniqueKey", "-t", topic, "-i", msgId],
    ["queryMsgByOffset", "-t", topic, ...place],
  ]);
  const check = checker(stage, client);
  const ranges = tableRows(status ?? "").map((row) => row.slice(0, 4).join(" ")).sort();
  const counts = Array.from(
    { length: QUEUES },
    (_, id) => `${brokerName} ${id} 0 ${sent.filter(({ queueId }) => queueId === id).length}`,
  );
  check("topicStatus gives every queue's offsets", fieldDifferences("queue", counts, ranges));
  const found = tableRows(byKey ?? "").map((row) => row.slice(0, 3).join(" "));
  check(
    "queryMsgByKey finds the message",
    fieldDifferences("found", [`${msgId} ${queueId} ${queueOffset}`], found),
  );
  check("queryMsgById finds the message", notShown(byId, topic, wanted));
  check("queryMsgByUniqueKey finds the message", notShown(byUniqueKey, topic, wanted));
  check("queryMsgByOffset finds the message", notShown(byOffset, topic, wanted));
  // mqadmin leaves the bodies it shows in one folder for all its users.
  fs.rmSync(namedValues(byId ?? "").get("Message Body Path") ?? "", { force: true });
}

/** What a group has consumed, while it is online and after. */
async function checkConsumer({ stage, client, topic, sent }: Seen): Promise<void> {
  const check = checker(stage, client);
  const options = { topic, group: GROUP, expect: sent.length, idleMs: 3_000 };
  await using consumer = await client.startConsume(options);
  const [connection] = await client.admin([["consumerConnection", "-g", GROUP]]);
  check(
    "consumerConnection shows the consumer",
    lacking(connection, [topic, "127.0.0.1:", "JAVA"]),
  );
  const received = await consumer.result();
  const [progress] = await client.admin([["consumerProgress", "-g", GROUP]]);
  const rows = tableRows(progress ?? "").filter((row) => row[0] === topic);
  const consumed = rows.map((row) => row.slice(2, 6).join(" ")).sort();
  const expected = Array.from({ length: QUEUES }, (_, id) => {
    const max = sent.filter(({ queueId }) => queueId === id).length;
    return `${id} ${max} ${max} 0`;
  });
  check("consumerProgress shows everything consumed", [
    ...(received.length === sent.length ? [] : [`received ${received.length} messages`]),
    ...fieldDifferences("queue", expected, consumed),
    ...lacking(progress, ["Diff Total: 0"]),
  ]);
}

/** A topic that is deleted is gone from the broker and the name server. */
async function checkDeletion({ stage, client, topic }: Seen): Promise<void> {
  const check = checker(stage, client);
  const [list] = await client.admin([["clusterList"]]);
  const clusterName = tableRows(list ?? "")[0]?.[0] ?? "";
  const [deleted, route] = await client.admin([
    ["deleteTopic", "-c", clusterName, "-t", topic],
    ["topicRoute", "-t", topic],
  ]);
  check("deleteTopic", [
    ...lacking(deleted, [`delete topic [${topic}] from cluster [${clusterName}] success.`]),
    ...lacking(route, ["CODE: 17"]),
  ]);
}

function checker(stage: Stage, client: JavaClient): (title: string, differences: string[]) => void {
  return (title, differences) => {
    stage.report.check(`mqadmin ${client.version}: ${title}`, differences);
  };
}

/** Where a printed message is not the one that was sent, its body in the file it names included. */
function notShown(printed: string | undefined, topic: string, sent: Sent): string[] {
  const values = namedValues(printed ?? "");
  const expected = {
    Topic: topic,
    Keys: `[${sent.properties["KEYS"]}]`,
    "Queue ID": `${sent.queueId}`,
    "Queue Offset": `${sent.queueOffset}`,
    "Reconsume Times": "0",
  };
  const differences = fieldDifferences(sent.no, expected, Object.fromEntries(values));
  if (!values.get("Properties")?.includes(`note=${sent.properties["note"]}`)) {
    differences.push(`${sent.no}: properties ${values.get("Properties")}`);
  }
  const file = values.get("Message Body Path");
  if (file === undefined || path.basename(file) !== sent.msgId || !fs.existsSync(file)) {
    return [...differences, `${sent.no}: body in ${file}`];
  }
  const bodySha256 = createHash("sha256").update(fs.readFileSync(file)).digest("hex");
  return [
    ...differences,
    ...fieldDifferences(sent.no, { bodySha256: sent.bodySha256 }, { bodySha256 }),
  ];
}

function lacking(printed: string | undefined, parts: readonly string[]): string[] {
  const missing = parts.filter((part) => !printed?.includes(part));
  if (missing.length === 0) return [];
  const tail = (printed ?? "").trim().split("\n").slice(-6).join("\n");
  return missing.map((part) => `expected "${part}", found\n${tail}`);
}

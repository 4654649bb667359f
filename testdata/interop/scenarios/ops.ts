/**
 * What operators do with `mqadmin` of every tested release beside looking (`admin.ts`): the same
 * commands against the target and against a Java broker of that release, which has the same messages.
 * What both print is compared once addresses, times, ids and widths are taken out; where something
 * else is expected of ours, the reason stands beside the command. Then settings: changed where the
 * broker was started to allow it, and kept in its file; refused otherwise.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import type { Cluster } from "../cluster.ts";
import { fieldDifferences } from "../compare.ts";
import type { Stage } from "../stage.ts";
import type { JavaVersion } from "../toolchain.ts";

const TOPIC = "T_ops";
const GROUP = "G_ops";
const CLUSTER = "C1";
const BROKER = "broker-a";
const MESSAGES = { sync: 12, batch: 4 };
const OPENED = { updateBrokerConfigEnable: "true" };

interface Operation {
  readonly args: readonly string[];
  /** The lines of a print that are determined; default: all. */
  readonly shown?: (lines: readonly string[]) => readonly string[];
  /** What ours must print where Java prints something else, in which releases, and why. */
  readonly instead?: {
    readonly reason: string;
    readonly part: RegExp;
    readonly only?: JavaVersion;
  };
}

/** Where a broker is, and a folder for what `mqadmin` writes. */
interface Place {
  readonly broker: string;
  readonly folder: string;
}

/** The scenario. */
export async function ops(stage: Stage): Promise<void> {
  for (const version of stage.clientVersions) {
    const folder = stage.folder("ops");
    const [own, java] = await Promise.all([
      operate(stage, version, () => stage.start({ folder, conf: OPENED })),
      operate(stage, version, () => stage.startJava(version)),
    ]);
    for (
      const [at, { args, shown = same, instead }] of operations({ broker: "", folder: "" })
        .entries()
    ) {
      const isOther = stage.isMq && instead !== undefined && (instead.only ?? version) === version;
      stage.report.check(
        `mqadmin ${version}: ${args[0]}${isOther ? `, ${instead.reason}` : ""}`,
        isOther
          ? lacking(own[at] ?? [], instead.part)
          : fieldDifferences("line", shown(java[at] ?? []), shown(own[at] ?? [])),
      );
    }
    if (!stage.isMq) continue;
    const conf = fs.readFileSync(path.join(folder, "broker.conf"), "utf8");
    const kept = /^fileReservedTime=47$/m.test(conf) ? [] : [`not in broker.conf:\n${conf}`];
    stage.report.check(`mqadmin ${version}: what it changed is in broker.conf`, kept);
  }
  if (stage.isMq) await refusesChanges(stage);
}

/** What is done, in this order. */
function operations(place: Place): Operation[] {
  return [...onTopicsAndGroups(place), ...onMessages(), ...onServers(place)];
}

function onTopicsAndGroups({ broker }: Place): Operation[] {
  const queryCq = ["queryCq", "-b", broker, "-t", TOPIC, "-q", "0", "-i", "0"];
  return [
    { args: ["updateTopic", "-b", broker, "-t", "T_ops2", "-r", "2", "-w", "2"] },
    { args: ["updateTopicPerm", "-b", broker, "-t", "T_ops2", "-p", "4"] },
    { args: ["updateSubGroup", "-b", broker, "-g", "G_ops2", "-r", "3"] },
    { args: ["getConsumerConfig", "-g", "G_ops2"] },
    { args: ["updateKvConfig", "-s", "NS", "-k", "key", "-v", "value"] },
    { args: ["deleteKvConfig", "-s", "NS", "-k", "key"] },
    { args: ["updateOrderConf", "-t", TOPIC, "-m", "put", "-v", `${BROKER}:4`] },
    { args: ["updateOrderConf", "-t", TOPIC, "-m", "get"] },
    { args: ["updateOrderConf", "-t", TOPIC, "-m", "delete"] },
    { args: ["topicClusterList", "-t", TOPIC] },
    { args: ["allocateMQ", "-t", TOPIC, "-i", "10.0.0.1,10.0.0.2"] },
    { args: [...queryCq, "-c", "3"], shown: withoutSizes },
    { args: [...queryCq, "-c", "1", "-g", GROUP], shown: withoutSizes },
    { args: ["queryCq", "-t", TOPIC, "-q", "9", "-i", "0", "-c", "2", "-b", broker] },
    // Rates and sums of Java stand still until its first samples.
    { args: ["statsAll", "-t", TOPIC], shown: (lines) => columns(lines, 3) },
    { args: ["brokerConsumeStats", "-b", broker], shown: withoutRetries },
    { args: ["consumerStatus", "-g", GROUP] },
    { args: ["producer", "-b", broker], shown: withoutOwnProducers },
    { args: ["producerConnection", "-g", "P_none", "-t", TOPIC] },
    { args: ["cloneGroupOffset", "-s", GROUP, "-d", "G_ops2", "-t", TOPIC] },
    {
      args: ["resetOffsetByTime", "-g", GROUP, "-t", TOPIC, "-s", "0"],
      instead: {
        reason: "where the broker resets as 5.x does",
        part: /^rollback consumer offset by specified group.*\nbroker-a 0 0$/ms,
        only: "4.9.7",
      },
    },
    {
      args: ["skipAccumulatedMessage", "-g", GROUP, "-t", TOPIC, "-f", "true"],
      instead: {
        reason: "where the broker resets as 5.x does",
        part: /^broker-a 0 16$/m,
        only: "4.9.7",
      },
    },
    { args: ["consumerProgress", "-g", GROUP], shown: withoutRetries },
  ];
}

function onMessages(): Operation[] {
  return [
    { args: ["sendMessage", "-t", TOPIC, "-p", "body", "-c", "TagX", "-k", "K1"] },
    { args: ["queryMsgByKey", "-t", TOPIC, "-k", "K1"], shown: (lines) => columns(lines, 3) },
    {
      args: ["consumeMessage", "-t", TOPIC, "-b", BROKER, "-i", "0", "-o", "16", "-c", "1"],
      shown,
    },
    { args: ["printMsgByQueue", "-t", TOPIC, "-a", BROKER, "-i", "0", "-f", "true"], shown },
    { args: ["printMsg", "-t", TOPIC], shown },
    { args: ["checkMsgSendRT", "-t", TOPIC, "-a", "2", "-s", "8"], shown: withoutNumbers },
    { args: ["sendMsgStatus", "-b", BROKER, "-s", "8", "-c", "2"], shown: withoutNumbers },
  ];
}

function onServers({ broker, folder }: Place): Operation[] {
  const refused = {
    reason: "which is refused unless updateNamesrvConfigEnable is set",
    part: /CODE: 16 DESC: Settings cannot be changed over the network/,
  };
  return [
    { args: ["cleanExpiredCQ", "-b", broker] },
    { args: ["cleanUnusedTopic", "-b", broker] },
    { args: ["deleteExpiredCommitLog", "-b", broker] },
    // The number is that of topics, and brokers have their own.
    { args: ["wipeWritePerm", "-b", BROKER], shown: withoutNumbers },
    { args: ["addWritePerm", "-b", BROKER], shown: withoutNumbers },
    {
      args: ["getNamesrvConfig"],
      shown: (lines) => lines.filter((line) => /^(scanNotActive|serverChannelMax)/.test(line)),
      instead: {
        reason: "with the settings ours honours",
        part: /^serverChannelMaxIdleTimeSeconds = 120$/m,
      },
    },
    { args: ["updateNamesrvConfig", "-k", "orderMessageEnable", "-v", "true"], instead: refused },
    { args: ["updateNamesrvConfig", "-k", "kvConfigPath", "-v", "/tmp/x"], instead: refused },
    { args: ["updateBrokerConfig", "-b", broker, "-k", "fileReservedTime", "-v", "47"] },
    {
      args: ["getBrokerConfig", "-b", broker],
      shown: (lines) =>
        lines.filter((line) => /^(brokerRole|fileReservedTime|traceOn) /.test(line)),
    },
    {
      args: ["brokerStatus", "-b", broker],
      shown: (lines) => lines.filter((line) => STATUS.test(line)),
    },
    { args: ["exportConfigs", "-c", CLUSTER, "-f", folder] },
    { args: ["deleteSubGroup", "-b", broker, "-g", "G_ops2"] },
    { args: ["deleteTopic", "-c", CLUSTER, "-t", "T_ops2"] },
  ];
}

/** Runs all of it against one cluster, after messages came and went; gives the lines of each print. */
async function operate(
  stage: Stage,
  version: JavaVersion,
  start: () => Promise<Cluster>,
): Promise<string[][]> {
  await using cluster = await start();
  const client = await stage.javaClient(version, cluster);
  // One queue: which of several a producer begins with is chance.
  await client.admin([["updateTopic", "-b", cluster.broker, "-t", TOPIC, "-r", "1", "-w", "1"]]);
  const sent = await client.send(TOPIC, MESSAGES);
  await client.consume({ topic: TOPIC, group: GROUP, expect: sent.length });
  const folder = stage.folder("exported");
  const commands = operations({ broker: cluster.broker, folder }).map(({ args }) => args);
  const printed = await client.admin(commands);
  return printed.map((text) => linesOf(text.replaceAll(folder, "<folder>"), cluster));
}

/** Settings that requests may not change stay, and so does everything in a broker that is not opened. */
async function refusesChanges(stage: Stage): Promise<void> {
  await using cluster = await stage.start();
  for (const version of stage.clientVersions) {
    const client = await stage.javaClient(version, cluster);
    const [update, config] = await client.admin([
      ["updateBrokerConfig", "-b", cluster.broker, "-k", "fileReservedTime", "-v", "47"],
      ["getBrokerConfig", "-b", cluster.broker],
    ]);
    stage.report.check(`mqadmin ${version}: updateBrokerConfig is refused unless it is opened`, [
      ...lacking(linesOf(update ?? "", cluster), /CODE: 16 DESC: Settings cannot be changed/),
      ...lacking(linesOf(config ?? "", cluster), /^fileReservedTime = 72$/m),
    ]);
  }
}

/** Numbers that stand still while nobody sends. */
const STATUS =
  /^(commitLogMinOffset|dispatchBehindBytes|pageCacheLockTimeMills|putMessageFailedTimes|sendThreadPoolQueueSize) /;

/** The lines of a print without what differs from run to run, and without Java's own stack traces. */
function linesOf(text: string, { broker, namesrv }: Cluster): string[] {
  return text.replaceAll(broker, "<broker>").replaceAll(namesrv, "<namesrv>")
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d([.,]\d+)?/g, "<time>")
    .replace(/\b[0-9A-F]{32,60}\b/g, "<id>")
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "" && !/^(at |\.\.\. \d+ more|[\d:,]+ \|-)/.test(line));
}

function same(lines: readonly string[]): readonly string[] {
  return lines;
}

/** Bodies and offsets of the messages in a print. */
function shown(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.match(/queueOffset=\d+|BODY: .*$/g) ?? []).sort();
}

/** The first columns of every line. */
function columns(lines: readonly string[], count: number): readonly string[] {
  return lines.map((line) => line.split(" ").slice(0, count).join(" "));
}

/** Whether a consumer commits an offset of its empty retry topic is a matter of milliseconds. */
function withoutRetries(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !line.startsWith("%RETRY%") && !/TPS|Tps/.test(line));
}

/** 5.x adds properties to what it stores, as ours does, and 4.x does not. */
function withoutSizes(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(/(physic\w+)=\d+/g, "$1=<n>"));
}

/** Whether the producers of `mqadmin` itself have told of themselves yet is chance. */
function withoutOwnProducers(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !line.includes("(CLIENT_INNER_PRODUCER)"));
}

function withoutNumbers(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(/\d+(\.\d+)?/g, "<n>"));
}

function lacking(lines: readonly string[], part: RegExp): string[] {
  return part.test(lines.join("\n")) ? [] : [`expected ${part}, found\n${lines.join("\n")}`];
}

/**
 * Messages of a recorded store sent to real Java brokers by `mq replay`, through JSON lines and
 * straight: a Java client reads there what the store's own broker served.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import type { Cluster } from "../cluster.ts";
import { type MqCommand, mqLines, notEnding, startMq } from "../mq_command.ts";
import type { Received } from "../message.ts";
import type { Stage } from "../stage.ts";
import { expectedMessages, unpackStore } from "../store_copies.ts";
import type { JavaVersion } from "../toolchain.ts";

const STORE = "5.5.0-a-clean-102";
const STRAIGHT = "T_plain";
const BY_LINES = "T_tags";
const MAPPED = "T_tags_again";

/** The scenario. */
export async function replay(stage: Stage): Promise<void> {
  const mq = await stage.mq();
  const { path: store, truth } = unpackStore(STORE, stage.folder("replay"));
  for (const version of stage.clientVersions) {
    await using cluster = await stage.startJava(version);
    await check({ stage, mq, version, cluster, store }, {
      straight: expectedMessages(truth, [STRAIGHT]),
      byLines: expectedMessages(truth, [BY_LINES]),
    });
  }
}

interface Work {
  readonly stage: Stage;
  readonly mq: MqCommand;
  readonly version: JavaVersion;
  readonly cluster: Cluster;
  readonly store: string;
}

async function check(
  { stage, mq, version, cluster, store }: Work,
  expected: { readonly straight: readonly Received[]; readonly byLines: readonly Received[] },
): Promise<void> {
  const name = `replay: to Java ${version}`;
  const to = ["-n", cluster.namesrv];
  let since = Date.now();
  const cursor = path.join(stage.folder("cursor"), "cursor");
  const straight = ["replay", store, "--topic", STRAIGHT, ...to, "--cursor-file", cursor];
  const differences = [
    ...await notEnding(mq, [...straight, "--limit", "100"], [0]),
    ...await notEnding(mq, ["replay", store, "--topic", STRAIGHT, ...to, "--limit", "1"], [0]),
  ];
  stage.report.check(`${name}: a part of a topic is sent`, differences, since);
  since = Date.now();
  const lines = path.join(stage.folder("lines"), "lines");
  fs.writeFileSync(lines, await printed(mq, ["export", store, "--topic", BY_LINES]));
  const byLines = ["replay", lines, ...to, "--map-topic", `${BY_LINES}=${MAPPED}`];
  stage.report.check(
    `${name}: JSON lines are sent to another topic`,
    await notEnding(mq, byLines, [0]),
    since,
  );
  since = Date.now();
  const client = await stage.javaClient(version, cluster);
  const { messages } = await client.pullAll([STRAIGHT, MAPPED]);
  const there = messages.filter((it) => it.topic === MAPPED);
  stage.report.check(
    `${name}: a Java client reads the ${expected.byLines.length} messages in their order`,
    notTheSameLives(expected.byLines, there),
    since,
  );
  // The one that was sent once more is there twice.
  const sent = messages.filter((it) => it.topic === STRAIGHT).length;
  stage.report.check(
    `${name}: a limit is kept`,
    sent === 101 ? [] : [`${sent} messages of ${STRAIGHT}, expected 101`],
    since,
  );
  since = Date.now();
  const rows = await mqLines<{ kind: string; sent?: number }>(mq, byLines);
  const summary = rows.find((it) => it.kind === "summary");
  stage.report.check(
    `${name}: the summary counts what was sent`,
    summary?.sent === expected.byLines.length ? [] : [JSON.stringify(summary)],
    since,
  );
}

async function printed(mq: MqCommand, args: readonly string[]): Promise<string> {
  const child = startMq(mq, args, { linesKept: Infinity });
  child.closeInput();
  await child.succeeded(60_000);
  return `${child.printed.join("\n")}\n`;
}

/** What a second life must have in common with the first; places in the log and times are its own. */
function lifeOf(message: Received): string {
  const { queueId, queueOffset, flag, bodySha256, properties } = message;
  const { UNIQ_KEY, KEYS, TAGS } = properties;
  return JSON.stringify({ queueId, queueOffset, flag, bodySha256, UNIQ_KEY, KEYS, TAGS });
}

function notTheSameLives(expected: readonly Received[], found: readonly Received[]): string[] {
  const lives = new Set(found.map(lifeOf));
  const missing = expected.filter((it) => !lives.has(lifeOf(it)));
  return [
    ...missing.slice(0, 3).map((it) => `missing: ${lifeOf(it)}`),
    ...(found.length === expected.length
      ? []
      : [`${found.length} messages, expected ${expected.length}`]),
  ];
}

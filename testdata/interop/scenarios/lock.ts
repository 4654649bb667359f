/**
 * One store, two brokers: whichever comes second is refused, the target by Java and Java by the target.
 *
 * @module
 */

import type { Cluster } from "../cluster.ts";
import type { JavaVersion } from "../toolchain.ts";
import type { Stage } from "../stage.ts";

const VERSIONS: readonly JavaVersion[] = ["4.9.7", "5.5.0"];
const TOPIC = "T_lock";
const COUNTS = { sync: 20, async: 0, oneway: 0, batch: 0 };

/** The scenario. */
export async function lock(stage: Stage): Promise<void> {
  for (const version of VERSIONS) await excluded(stage, version);
}

async function excluded(stage: Stage, version: JavaVersion): Promise<void> {
  const name = `lock: ${stage.target} and Java ${version}`;
  let since = Date.now();
  await using ours = await stage.start();
  const client = await stage.javaClient(stage.clientVersions[0] ?? "5.5.0", ours);
  await client.send(TOPIC, COUNTS);
  const second = { store: ours.store, namesrv: ours.namesrv };
  stage.report.check(
    `${name}: a Java broker does not start on a store in use`,
    await notRefused(() => stage.startJava(version, second), /Lock failed,\s?MQ already started/),
    since,
  );
  const { messages } = await client.pullAll([TOPIC]);
  const served = messages.length === COUNTS.sync ? [] : [`${messages.length} messages served`];
  stage.report.check(`${name}: and does no harm to it`, served, since);
  await ours.stop();

  since = Date.now();
  await using java = await stage.startJava(version, { store: ours.store });
  const inUse = stage.isMq
    ? new RegExp(`process ${java.brokerPid} .*is using it`)
    : /Lock failed,\s?MQ already started/;
  stage.report.check(
    `${name}: the target does not start on a store the Java broker uses, and says who does`,
    await notRefused(async () => {
      await ours.restart();
      return ours;
    }, inUse),
    since,
  );
  since = Date.now();
  await java.kill9();
  await ours.restart();
  const after = await client.pullAll([TOPIC]);
  const kept = after.messages.length === COUNTS.sync ? [] : [`${after.messages.length} messages`];
  stage.report.check(`${name}: and takes the store when the Java broker is killed`, kept, since);
}

/** What is wrong with a start that must be refused for this reason. */
async function notRefused(start: () => Promise<Cluster>, reason: RegExp): Promise<string[]> {
  try {
    await using _cluster = await start();
    return ["it started"];
  } catch (error) {
    const text = String(error);
    return reason.test(text) ? [] : [`it ended otherwise: ${text}`];
  }
}

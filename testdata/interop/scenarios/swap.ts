/**
 * Brokers change places: a Java broker on a copy of the target's store, the target on copies of stores
 * that Java brokers left.
 *
 * @module
 */

import { storeNames } from "../../fixture.ts";
import type { Cluster } from "../cluster.ts";
import { fieldDifferences, notAsSent, notExactlyOnce } from "../compare.ts";
import type { Received } from "../message.ts";
import { tableRows } from "../mqadmin_output.ts";
import type { Stage } from "../stage.ts";
import { copyStore, expectedMessages, SMALL_FILES, unpackStore } from "../store_copies.ts";
import { JAVA_VERSIONS, type JavaVersion } from "../toolchain.ts";
import { byKey, byTime, type Expected, notAnswered, notServed } from "./served.ts";

const TOPICS = ["T_swap_a", "T_swap_b"];
const COUNTS = { sync: 200, async: 300, oneway: 20, batch: 100 };
const GROUP = "G_swap";
const AFTERWARDS = 20;

/** Recorded stores the target is not asked to serve as they are, and why. */
const LEFT_OUT: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/-c-/, "damaged: the recover scenario and the tests of recovery"],
  [/-b-kill/, "not stopped cleanly: the recover scenario"],
  [/-e-bcq/, "batch consume queues"],
  [/-e-rocksdb/, "queues in RocksDB"],
  [/-f-ha-102-slave/, "a slave's store names no topics"],
];

/** The scenario. */
export async function swap(stage: Stage): Promise<void> {
  await javaOnOurs(stage);
  for (const name of storeNames()) {
    const leftOut = LEFT_OUT.find(([pattern]) => pattern.test(name));
    if (leftOut === undefined) await oursOnJavas(stage, name);
  }
}

interface WrittenStore extends Expected {
  readonly title: string;
  readonly store: string;
}

/** Java brokers serve what the target stored, after a clean stop and after a crash. */
async function javaOnOurs(stage: Stage): Promise<void> {
  const { report, target } = stage;
  for (const written of await writeStores(stage)) {
    for (const version of stage.isMq ? JAVA_VERSIONS : stage.clientVersions) {
      const since = Date.now();
      const store = copyStore(written.store, stage.folder("copy"));
      const startedAt = Date.now();
      await using namesrv = stage.isMq ? await stage.startMqNamesrv() : undefined;
      await using java = await stage.startJava(version, {
        store,
        conf: SMALL_FILES,
        ...(namesrv === undefined ? {} : { namesrv: namesrv.address }),
      });
      const expected = { ...written, startedAt };
      const title = `swap: Java ${version} on the store of ${target} ${written.title}`;
      report.check(
        `${title} serves all ${expected.messages.length} messages by queue, key and time`,
        await notServedAtAll(stage, { cluster: java, version, expected }),
        since,
      );
      report.check(`${title} knows what its groups consumed, and goes on`, [
        ...await notRemembered(stage, { cluster: java, version, expected }),
        ...await notContinued(stage, { cluster: java, version, expected }),
      ]);
    }
  }
}

/** The target stores messages; copies of its store are taken after a clean stop and after a crash. */
async function writeStores(stage: Stage): Promise<WrittenStore[]> {
  await using cluster = await stage.start({ conf: SMALL_FILES });
  const client = await stage.javaClient(stage.clientVersions[0] ?? "5.5.0", cluster);
  const written: WrittenStore[] = [];
  for (const [index, title] of ["after a clean stop", "after kill -9"].entries()) {
    const topic = TOPICS[index] ?? "";
    const sent = await client.send(topic, COUNTS);
    const topics = TOPICS.slice(0, index + 1);
    if (index === 0) await client.consume({ topic, group: GROUP, expect: sent.length });
    const { messages } = await client.pullAll(topics);
    if (index === 0) await cluster.stop();
    else await cluster.kill9();
    const store = copyStore(cluster.store, stage.folder("written"));
    written.push({ title, store, topics, messages, startedAt: 0 });
    if (index === 0) await cluster.restart();
  }
  return written;
}

/** The target serves what a Java broker of an older or the same release stored. */
async function oursOnJavas(stage: Stage, name: string): Promise<void> {
  const since = Date.now();
  const store = unpackStore(name, stage.folder(name));
  const version = stage.clientVersions[0] ?? "5.5.0";
  if (store.truth.version > version) {
    stage.report.skip(`swap: ${stage.target} on ${name}`, `a store of ${store.truth.version}`);
    return;
  }
  const startedAt = Date.now();
  await using cluster = await stage.start({ store: store.path, conf: store.conf });
  const messages = expectedMessages(store.truth, store.topics);
  const expected = { messages, topics: store.topics, startedAt };
  stage.report.check(
    `swap: ${stage.target} on ${name} serves all ${messages.length} messages by queue, key and time`,
    await notServedAtAll(stage, { cluster, version, expected }),
    since,
  );
}

interface Served {
  readonly cluster: Cluster;
  readonly version: JavaVersion;
  readonly expected: Expected;
}

async function notServedAtAll(
  stage: Stage,
  { cluster, version, expected }: Served,
): Promise<string[]> {
  const client = await stage.javaClient(version, cluster);
  // 4.x begins a search by time with the files' times of modification, and those of a copy or of an
  // unpacked archive are not exact.
  const searchable = version.startsWith("5.") ? [byTime(expected, "broker-a")] : [];
  return [
    ...await notServed(client, expected),
    ...await notAnswered(client, [byKey(expected), ...searchable]),
  ];
}

/** The group that had consumed the first topic has nothing left to consume. */
async function notRemembered(
  stage: Stage,
  { cluster, version, expected }: Served,
): Promise<string[]> {
  const client = await stage.javaClient(version, cluster);
  const [progress = ""] = await client.admin([["consumerProgress", "-g", GROUP]]);
  const [topic] = expected.topics;
  const rows = tableRows(progress).filter((row) => row[0] === topic);
  const consumed = rows.map((row) => row.slice(2, 6).join(" ")).sort();
  const queues = Map.groupBy(
    expected.messages.filter((message) => message.topic === topic),
    ({ queueId }) => queueId,
  );
  const all = [...queues].map(([id, { length }]) => `${id} ${length} ${length} 0`).sort();
  return fieldDifferences("queue", all, consumed);
}

/** New messages take the offsets after those that were there. */
async function notContinued(
  stage: Stage,
  { cluster, version, expected }: Served,
): Promise<string[]> {
  const client = await stage.javaClient(version, cluster);
  const [topic = ""] = expected.topics;
  const sent = await client.send(topic, { sync: AFTERWARDS });
  const { messages } = await client.pullAll([topic]);
  const isNew = (message: Received) => message.storeTimestamp >= expected.startedAt;
  const added = messages.filter(isNew);
  const old = messages.filter((message) => !isNew(message));
  const differences = [...notExactlyOnce(sent, added), ...notAsSent(sent, added)];
  for (const { no, queueId = -1, queueOffset = -1 } of sent) {
    const before = old.filter((message) => message.queueId === queueId).length;
    if (queueOffset < before) {
      differences.push(
        `${no}: at ${queueOffset} of queue ${queueId}, which had ${before} messages`,
      );
    }
  }
  return differences;
}

/**
 * The target on copies of stores that Java brokers left: everything a release can store, stopped cleanly.
 *
 * @module
 */

import { storeNames } from "../../fixture.ts";
import type { Stage } from "../stage.ts";
import { expectedMessages, unpackStore } from "../store_copies.ts";
import { byKey, byTime, notAnswered, notServed } from "./served.ts";

/** Recorded stores the target is not asked to serve as they are, and why. */
const LEFT_OUT: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/-c-/, "damaged: the recover scenario and the tests of recovery"],
  [/-b-kill/, "not stopped cleanly: the recover scenario"],
  [/-e-bcq/, "batch consume queues: the relay scenario has some"],
  [/-e-rocksdb/, "queues in RocksDB"],
  [/-f-ha-102-slave/, "a slave's store names no topics"],
];

/** The scenario. */
export async function swap(stage: Stage): Promise<void> {
  for (const name of storeNames()) {
    const leftOut = LEFT_OUT.find(([pattern]) => pattern.test(name));
    if (leftOut === undefined) await oursOnJavas(stage, name);
  }
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
  const client = await stage.javaClient(version, cluster);
  // 4.x begins a search by time with the files' times of modification, and those of an unpacked
  // archive are not exact.
  const searchable = version.startsWith("5.") ? [byTime(expected, "broker-a")] : [];
  stage.report.check(
    `swap: ${stage.target} on ${name} serves all ${messages.length} messages by queue, key and time`,
    [
      ...await notServed(client, expected),
      ...await notAnswered(client, [byKey(expected), ...searchable]),
    ],
    since,
  );
}

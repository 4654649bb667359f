/**
 * Stores of Java brokers that were killed, recovered offline: `mq recover --apply` mends them, also
 * after it was taken back by `--undo`, `mq verify` finds nothing more, and this project's broker and a
 * Java broker serve the same messages.
 *
 * @module
 */

import fs from "node:fs";
import { join } from "node:path";
import { storeNames } from "../../fixture.ts";
import { type MqCommand, notEnding } from "../mq_command.ts";
import type { Stage } from "../stage.ts";
import { copyStore, expectedMessages, unpackStore } from "../store_copies.ts";
import type { JavaVersion } from "../toolchain.ts";
import { byKey, type Expected, notAnswered, notServed } from "./served.ts";

/** The scenario. */
export async function recover(stage: Stage): Promise<void> {
  const names = storeNames().filter((name) => name.includes("-b-kill-"));
  if (!stage.isMq) {
    stage.report.skip("recover", `${stage.target} has no offline recovery`);
    return;
  }
  const mq = await stage.mq();
  for (const name of names) await recoverOne(stage, mq, name);
}

async function recoverOne(stage: Stage, mq: MqCommand, name: string): Promise<void> {
  const since = Date.now();
  const store = unpackStore(name, stage.folder(name));
  stage.report.check(`recover: ${name} is mended and then clean`, [
    // 0: nothing to mend; 1: findings, all mended.
    ...await notEnding(mq, ["recover", store.path, "--apply", "--yes"], [0, 1]),
    ...await notTakenBack(mq, store.path),
    ...await notEnding(mq, ["verify", store.path, "-o", "jsonl"], [0]),
  ], since);

  const copy = copyStore(store.path, stage.folder("copy"));
  const messages = expectedMessages(store.truth, store.topics);
  const expected = { messages, topics: store.topics };
  const title = `recover: ${name}, ${messages.length} messages`;
  const version: JavaVersion = store.truth.version.startsWith("5.") ? "5.5.0" : "4.9.7";
  for (const broker of [stage.target, `Java ${version}`]) {
    const since = Date.now();
    const startedAt = Date.now();
    await using cluster = broker === stage.target
      ? await stage.start({ store: store.path, conf: store.conf })
      : await stage.startJava(version, { store: copy, conf: store.conf });
    const client = await stage.javaClient(version, cluster);
    const now: Expected = { ...expected, startedAt };
    stage.report.check(`${title}, are served by ${broker}`, [
      ...await notServed(client, now),
      ...await notAnswered(client, [byKey(now)]),
    ], since);
  }
}

/** Takes the repair back, if it changed anything, and does it once more. */
async function notTakenBack(mq: MqCommand, store: string): Promise<string[]> {
  const folder = join(store, "quarantine");
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const undo = names.find((name) => name.endsWith(".undo"));
  if (undo === undefined) return [];
  return [
    ...await notEnding(mq, ["recover", "--undo", join(folder, undo)], [0]),
    ...await notEnding(mq, ["recover", store, "--apply", "--yes"], [1]),
  ];
}

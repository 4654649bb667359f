/**
 * One flipped bit in a killed store of 200 messages: real Java brokers start on it and lose exactly the
 * messages that this project's account of Java's start says. That account gives the number beside ours
 * in the campaign over all bits.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import type { JavaRelease } from "../../../store/exact/java_release.ts";
import { QUEUE_UNIT } from "../../../store/format.ts";
import { BitFlips, FLIPPED_STORE, TOPIC } from "../../bit_flips.ts";
import { JavaFlips } from "../../java_flips.ts";
import type { DiskImage } from "../../power_loss.ts";
import { between, oneOf, randomOf } from "../../random.ts";
import type { BrokerConf, Cluster } from "../cluster.ts";
import { CODES, pullFields, remotingCall } from "../remoting_call.ts";
import { sideBySide, type Stage } from "../stage.ts";
import { JAVA_VERSIONS, type JavaVersion } from "../toolchain.ts";

/** Files to flip a bit in for each release, most where it costs most. */
const PLACES = ["commitlog", "commitlog", "consumequeue", "consumequeue", "index", "checkpoint"];
const RELEASE_OF: Readonly<Record<JavaVersion, JavaRelease>> = { "5.5.0": "5.x", "4.9.7": "4.9" };

const CONF: BrokerConf = {
  mappedFileSizeCommitLog: String(FLIPPED_STORE.segmentBytes),
  mappedFileSizeConsumeQueue: String(FLIPPED_STORE.queueFileUnits * QUEUE_UNIT.size),
  maxHashSlotNum: String(FLIPPED_STORE.indexGeometry.slots),
  maxIndexNum: String(FLIPPED_STORE.indexGeometry.entries),
};

/** The scenario. `SEED` chooses other flips, `FLIPS` how many times as many. */
export async function flips(stage: Stage): Promise<void> {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  const times = Number(process.env["FLIPS"] ?? 1);
  const made = await BitFlips.make(false);
  const java = new JavaFlips(made);
  const versions = stage.isMq ? JAVA_VERSIONS : stage.clientVersions;
  await sideBySide(versions, async (version, index) => {
    const random = randomOf(seed + index);
    await using namesrv = await stage.startMqNamesrv();
    for (const kind of Array.from({ length: times }, () => PLACES).flat()) {
      const since = Date.now();
      const file = oneOf(random, made.files.filter(({ path }) => path.includes(`/${kind}`)));
      const [at, bit] = [between(random, 0, file.length - 1), between(random, 0, 7)];
      const image = java.store(file.path, at, bit);
      const predicted = await java.lostBy(RELEASE_OF[version], image);
      const store = unpack(image, stage.folder("flip"));
      await using cluster = await stage.startJava(version, {
        store,
        conf: CONF,
        namesrv: namesrv.address,
      });
      const lost = await lostBy(java, cluster);
      stage.report.check(
        `flips: Java ${version} loses ${lost.length} of ${made.records.size} messages by bit ${bit} ` +
          `of byte ${at} of "${file.path}", as foretold (seed ${seed})`,
        String(lost) === String(predicted) ? [] : [`foretold ${predicted}`, `lost ${lost}`],
        since,
      );
    }
  });
}

/** Writes a store below a folder and gives its path. */
function unpack({ folders, files }: DiskImage, folder: string): string {
  for (const name of folders) fs.mkdirSync(path.join(folder, name), { recursive: true });
  for (const [name, bytes] of files) fs.writeFileSync(path.join(folder, name), bytes);
  return path.join(folder, "store");
}

/** What a running broker does not serve, asked for each message by itself. */
async function lostBy(java: JavaFlips, cluster: Cluster): Promise<string[]> {
  const served = new Map<string, Uint8Array>();
  const places = java.lostFrom(() => undefined);
  for (const place of places) {
    const [queueId = 0, queueOffset = 0] = place.split("/").map(Number);
    const { body } = await remotingCall(cluster.broker, CODES.PULL_MESSAGE, {
      extFields: pullFields({ topic: TOPIC, queueId, queueOffset }, 1),
    });
    served.set(place, body);
  }
  return java.lostFrom((place) => served.get(place));
}

/**
 * Brokers that are measured against each other, under one face: ours and two releases of Java's.
 *
 * @module
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Cluster } from "../testdata/interop/cluster.ts";
import { startJavaCluster } from "../testdata/interop/java_broker.ts";
import { mqOnDeno, startMqCluster } from "../testdata/interop/mq_broker.ts";
import { javaKit, type JavaVersion } from "../testdata/interop/toolchain.ts";

/** Name of a contender as printed. */
export type ContenderName = "mq" | `java ${JavaVersion}`;

/** A broker that can be started on an empty store. */
export interface Contender {
  readonly name: ContenderName;
  start(folder: string): Promise<Cluster>;
}

/** Java with room to run: one heap size for all rounds, the optimizing compiler, no pretouch. */
const JVM = ["-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxDirectMemorySize=4g"];

/** All contenders, ours first. */
export const CONTENDERS: readonly Contender[] = [
  { name: "mq", start: (folder) => startMqCluster(mqOnDeno(), { folder }) },
  javaContender("5.5.0"),
  javaContender("4.9.7"),
];

function javaContender(version: JavaVersion): Contender {
  return {
    name: `java ${version}`,
    async start(folder) {
      return await startJavaCluster(await javaKit(version), { folder, jvm: JVM });
    },
  };
}

/** Starts a contender in a folder of its own, and removes the folder when it has ended. */
export async function withContender<T>(
  contender: Contender,
  work: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-bench-"));
  try {
    await using cluster = await contender.start(folder);
    return await work(cluster);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The middle of some figures. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

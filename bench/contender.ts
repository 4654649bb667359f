/**
 * Brokers that are measured against each other, under one face: ours and two releases of Java's.
 *
 * @module
 */
import type { BrokerConf, Cluster } from "../testdata/interop/cluster.ts";
import { startJavaCluster } from "../testdata/interop/java_broker.ts";
import { mqOnDeno, startMqCluster } from "../testdata/interop/mq_broker.ts";
import { javaKit, type JavaVersion } from "../testdata/interop/toolchain.ts";
import { inFolder } from "./folders.ts";

/** Name of a contender as printed. */
export type ContenderName = "mq" | `java ${JavaVersion}`;

/** A broker that can be started on an empty store. */
export interface Contender {
  readonly name: ContenderName;
  /** Starts it with further lines of broker.conf. */
  start(folder: string, conf?: BrokerConf): Promise<Cluster>;
}

/** Java with room to run: one heap size for all rounds, the optimizing compiler, no pretouch. */
export const JVM: readonly string[] = [
  "-Xms1g",
  "-Xmx1g",
  "-XX:+UseG1GC",
  "-XX:MaxDirectMemorySize=4g",
];

/** All contenders, ours first. */
export const CONTENDERS: readonly Contender[] = [
  { name: "mq", start: startMq },
  javaContender("5.5.0"),
  javaContender("4.9.7"),
];

function javaContender(version: JavaVersion): Contender {
  return {
    name: `java ${version}`,
    async start(folder, conf = {}) {
      return await startJavaCluster(await javaKit(version), { folder, jvm: JVM, conf });
    },
  };
}

/** Without settings, name server and broker are one process. */
function startMq(folder: string, conf?: BrokerConf): Promise<Cluster> {
  return startMqCluster(mqOnDeno(), conf === undefined ? { folder } : { folder, conf });
}

/** Starts a contender in a folder of its own, and removes the folder when it has ended. */
export async function withContender<T>(
  contender: Contender,
  work: (cluster: Cluster) => Promise<T>,
  conf?: BrokerConf,
): Promise<T> {
  return await inFolder(async (folder) => {
    await using cluster = await contender.start(folder, conf);
    return await work(cluster);
  });
}

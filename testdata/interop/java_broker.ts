/**
 * The Apache RocketMQ name server and broker, in small Java virtual machines.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { Child } from "./child.ts";
import {
  type Cluster,
  type ClusterOptions,
  type Launcher,
  type Plan,
  port,
  ProcessCluster,
  writeBrokerConf,
} from "./cluster.ts";
import { freeBrokerPort, freePort } from "./ports.ts";
import { CODES, remotingCall } from "./remoting_call.ts";
import type { JavaKit } from "./toolchain.ts";

const START_TIMEOUT_MS = 90_000;
// Small heaps and the quick compiler: a machine with two cores starts such a broker in seconds.
const MACHINE = ["-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
// What the brokers reach into, for a virtual machine above Java 8.
const OPEN = [
  "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
  "--add-opens=java.base/java.nio=ALL-UNNAMED",
  "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
  "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
  "--add-opens=java.base/java.lang=ALL-UNNAMED",
  "--add-opens=java.base/java.util=ALL-UNNAMED",
];
const SETTINGS = {
  // A machine that is busy with two virtual machines must not make the broker refuse sends.
  osPageCacheBusyTimeOutMills: "20000",
  waitTimeMillsInSendQueue: "20000",
  // Stores of old test data must not be cleaned away while they are read.
  fileReservedTime: "1000000",
  cleanFileForciblyEnable: "false",
  diskMaxUsedSpaceRatio: "95",
  // A broker of 5.5.0 spins on one core for this long after its start, three seconds else.
  transactionMetricFlushInterval: "500",
};

/** Starts a Java name server and broker of the kit's version. */
export async function startJavaCluster(kit: JavaKit, options: ClusterOptions): Promise<Cluster> {
  const conf = { ...SETTINGS, ...options.conf };
  return await ProcessCluster.start(javaLauncher(kit), { ...options, conf }, {
    namesrv: await freePort(),
    broker: await freeBrokerPort(),
  });
}

/** Starts a Java name server alone. */
export async function startJavaNamesrv(
  kit: JavaKit,
  folder: string,
): Promise<{ readonly child: Child; readonly address: string }> {
  const address = `127.0.0.1:${await freePort()}`;
  return { child: await launchNamesrv(kit, { folder, address }), address };
}

function javaLauncher(kit: JavaKit): Launcher {
  return {
    startNamesrv: ({ folder, namesrv }) =>
      launchNamesrv(kit, { folder: path.join(folder, "namesrv"), address: namesrv }),
    async startBroker(plan: Plan): Promise<Child> {
      const child = await launch(kit, "org.apache.rocketmq.broker.BrokerStartup", {
        home: path.join(plan.folder, "broker"),
        args: ["-c", writeBrokerConf(plan)],
        jvm: plan.jvm,
      });
      await registered(plan);
      return child;
    },
    // A virtual machine that ran its shutdown hooks after SIGTERM ends with 143.
    isClean: ({ code }) => code === 143 || code === 0,
  };
}

async function launchNamesrv(
  kit: JavaKit,
  { folder, address }: { readonly folder: string; readonly address: string },
): Promise<Child> {
  fs.mkdirSync(folder, { recursive: true });
  const conf = path.join(folder, "namesrv.conf");
  fs.writeFileSync(conf, `listenPort=${port(address)}\n`);
  return await launch(kit, "org.apache.rocketmq.namesrv.NamesrvStartup", {
    home: folder,
    args: ["-c", conf],
  });
}

async function launch(
  kit: JavaKit,
  main: string,
  { home, args, jvm = MACHINE }: {
    home: string;
    args: readonly string[];
    jvm?: readonly string[] | undefined;
  },
): Promise<Child> {
  writeLogback(home);
  const child = Child.start(kit.java, [
    ...jvm,
    ...kit.machine,
    ...OPEN,
    // Without this each start computes an RSA key for a test certificate: seconds of pure waiting.
    "-Dtls.server.mode=disabled",
    ...homeProperties(home),
    "-cp",
    kit.classPath,
    main,
    ...args,
  ], { cwd: home, env: { ROCKETMQ_HOME: home, LC_ALL: "C.UTF-8" } });
  try {
    await child.line((line) => line.includes("boot success"), START_TIMEOUT_MS);
  } catch (error) {
    await child.kill9();
    throw error;
  }
  return child;
}

/**
 * Waits until the name server knows the broker. One of 5.x that boots before its connection to the
 * name server is up skips its first registration, and says so nowhere; the next would be ten seconds
 * later. A change of its permission makes it register at once.
 */
async function registered(plan: Plan): Promise<void> {
  const end = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < end) {
    const { body } = await remotingCall(plan.namesrv, CODES.GET_BROKER_CLUSTER_INFO);
    if (body.includes(plan.broker)) return;
    await remotingCall(plan.broker, CODES.UPDATE_BROKER_CONFIG, { body: "brokerPermission=6\n" });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Broker ${plan.broker} did not register with ${plan.namesrv}`);
}

/** Properties that keep every file a RocketMQ program writes below `home`. */
export function homeProperties(home: string): string[] {
  const folders = ["user.home", "rocketmq.home.dir", "java.io.tmpdir"];
  return [...folders.map((key) => `-D${key}=${home}`), "-Dfile.encoding=UTF-8"];
}

/** 4.x programs refuse to start without their logging configuration; 5.x bring their own. */
export function writeLogback(home: string): void {
  fs.mkdirSync(path.join(home, "conf"), { recursive: true });
  for (const program of ["namesrv", "broker", "tools"]) {
    fs.writeFileSync(
      path.join(home, "conf", `logback_${program}.xml`),
      `<configuration><appender name="F" class="ch.qos.logback.core.FileAppender">
<file>${home}/logs/${program}.log</file><encoder><pattern>%d %p %t - %m%n</pattern></encoder>
</appender><root level="INFO"><appender-ref ref="F"/></root></configuration>
`,
    );
  }
}

/**
 * This project's own name server and broker, started by their command lines as an operator would.
 *
 * @module
 */

import type { Child } from "./child.ts";
import {
  type Cluster,
  type ClusterOptions,
  type Launcher,
  type Plan,
  port,
  ProcessCluster,
  writeBrokerConf,
} from "./cluster.ts";
import { type MqCommand, startMq } from "./mq_command.ts";
import { freeBrokerPort, freePort } from "./ports.ts";

export { mqOnDeno } from "./mq_command.ts";

const START_TIMEOUT_MS = 30_000;
/**
 * Starts `mq`: `mq start`, name server and broker in one process, or `mq namesrv start` and
 * `mq broker start -c broker.conf` where there are settings or a name server to register with.
 */
export async function startMqCluster(
  command: MqCommand,
  options: ClusterOptions,
): Promise<Cluster> {
  const inOne = options.conf === undefined && options.namesrv === undefined;
  return await ProcessCluster.start(inOne ? oneProcess(command) : twoProcesses(command), options, {
    namesrv: await freePort(),
    broker: await freeBrokerPort(),
  });
}

/** Starts `mq namesrv start` alone, on a port of its own choice. */
export async function startMqNamesrv(
  command: MqCommand,
): Promise<{ child: Child; address: string }> {
  const { child, event } = await start(command, ["namesrv", "start", "--port", "0"]);
  return { child, address: String(event["namesrv"]) };
}

function oneProcess(command: MqCommand): Launcher {
  return {
    async startBroker(plan: Plan): Promise<Child> {
      const ports = ["--namesrv-port", port(plan.namesrv), "--port", port(plan.broker)];
      const { child } = await start(command, ["start", "--store", plan.store, ...ports]);
      return child;
    },
    isClean: ({ code }) => code === 0,
  };
}

function twoProcesses(command: MqCommand): Launcher {
  return {
    async startNamesrv(plan: Plan): Promise<Child> {
      const { child } = await start(command, ["namesrv", "start", "--port", port(plan.namesrv)]);
      return child;
    },
    async startBroker(plan: Plan): Promise<Child> {
      const args = ["broker", "start", "-c", writeBrokerConf(plan), "-n", plan.namesrv];
      const { child } = await start(command, args);
      return child;
    },
    isClean: ({ code }) => code === 0,
  };
}

async function start(
  command: MqCommand,
  args: readonly string[],
): Promise<{ child: Child; event: Record<string, unknown> }> {
  const child = startMq(command, [...args, "-o", "json"]);
  try {
    const line = await child.line((line) => line.includes(`"event":"started"`), START_TIMEOUT_MS);
    return { child, event: JSON.parse(line) };
  } catch (error) {
    await child.kill9();
    throw error;
  }
}

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Child } from "./child.ts";
import { type Launcher, type Plan, port, ProcessCluster, writeBrokerConf } from "./cluster.ts";

const PORTS = { namesrv: 1, broker: 2 };

async function ready(script: string): Promise<Child> {
  const child = Child.start("sh", ["-c", script]);
  await child.line((line) => line === "ready", 20_000);
  return child;
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-cluster-"));
  try {
    await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

Deno.test("ProcessCluster.restart() starts the broker on the same addresses and store", async () => {
  await inFolder(async (folder) => {
    const plans: Plan[] = [];
    const launcher: Launcher = {
      startNamesrv: () => ready("echo ready; cat"),
      startBroker: (plan) => {
        plans.push(plan);
        return ready("trap 'exit 0' TERM; echo ready; read -r line");
      },
      isClean: ({ code }) => code === 0,
    };
    await using cluster = await ProcessCluster.start(launcher, { folder }, PORTS);
    assert.equal(cluster.broker, "127.0.0.1:2");
    await cluster.kill9();
    await cluster.restart();
    await cluster.stop();
    assert.equal(plans.length, 2);
    assert.deepEqual(plans[0], plans[1]);
  });
});

Deno.test("ProcessCluster.stop() fails when the broker does not end as it should", async () => {
  await inFolder(async (folder) => {
    const launcher: Launcher = {
      startBroker: () => ready("trap 'echo oops; exit 8' TERM; echo ready; read -r line"),
      isClean: ({ code }) => code === 0,
    };
    await using cluster = await ProcessCluster.start(launcher, { folder }, PORTS);
    await assert.rejects(cluster.stop(), /Broker ended with 8 when asked to stop/);
  });
});

Deno.test("ProcessCluster.start() ends the name server when the broker does not start", async () => {
  await inFolder(async (folder) => {
    let namesrv: Child | undefined;
    const launcher: Launcher = {
      startNamesrv: async () => namesrv = await ready("echo ready; cat"),
      startBroker: () => Promise.reject(new Error("no broker")),
      isClean: () => true,
    };
    await assert.rejects(ProcessCluster.start(launcher, { folder }, PORTS), /no broker/);
    assert.equal((await namesrv?.finished)?.signal, "SIGTERM");
  });
});

Deno.test("writeBrokerConf() lets a plan's settings win", async () => {
  await inFolder((folder) => {
    const addresses = { namesrv: "h:1", broker: "h:2" };
    const plan = { folder, store: "S", ...addresses, conf: { brokerName: "b" }, jvm: undefined };
    const lines = fs.readFileSync(writeBrokerConf(plan), "utf8").split("\n");
    assert.ok(lines.includes("listenPort=2"));
    assert.ok(lines.includes("brokerName=b"));
    assert.ok(lines.includes(`storePathCommitLog=${path.join("S", "commitlog")}`));
    return Promise.resolve();
  });
});

Deno.test("port() takes what follows the last colon", () => {
  assert.equal(port("[::1]:9876"), "9876");
});

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { ClusterFixture } from "../cluster_fixture.ts";
import { eventually } from "../eventually.ts";
import { type MqCommand, mqOnDeno } from "./mq_command.ts";
import { OwnSession } from "./own_session.ts";

const TOPIC = "T";
const EVERYTHING = ["broker-a 0", "broker-a 1"];

/** The runtime of this test. */
function command(): MqCommand {
  return "Bun" in globalThis ? [process.execPath, "main.ts"] : mqOnDeno();
}

Deno.test("OwnSession has members that share a topic, stop, and are killed with their process", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-own-"));
  try {
    await using it = await ClusterFixture.start();
    await it.client.admin.createTopic(TOPIC, { readQueues: 2, writeQueues: 2 });
    await using producer = it.client.producer({ group: "P" });
    const namesrv = it.nameServer.peer;
    const start = (name: string) => {
      return OwnSession.start(command(), { namesrv, folder: path.join(folder, name) });
    };
    await using one = await start("one");
    await using other = await start("other");
    const options = { group: "G", topic: TOPIC };
    assert.match(await one.push({ ...options, name: "push" }), /@push-\d+$/);
    await eventually(async () => String(await one.queues("push")) === String(EVERYTHING));
    await other.lite({ ...options, name: "lite" });
    await eventually(async () => (await other.queues("lite")).length === 1);
    await eventually(async () => (await one.queues("push")).length === 1);
    for (let no = 0; no < 10; no++) {
      await producer.send({ topic: TOPIC, body: "x", properties: { no: String(no) } });
    }
    const numbers = (session: OwnSession) => {
      return session.received().map(({ properties }) => Number(properties["no"]));
    };
    await eventually(() => numbers(one).length === 5 && numbers(other).length === 5);
    assert.equal(new Set([...numbers(one), ...numbers(other)]).size, 10);
    await one[Symbol.asyncDispose]();
    await eventually(async () => String(await other.queues("lite")) === String(EVERYTHING));
    await other.stop("lite");
    await assert.rejects(other.queues("lite"), /queues name=lite: Error: There is no "lite"$/);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

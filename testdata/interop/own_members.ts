/**
 * This project's consumers in a process of their own, which takes the commands of a Java session (see
 * `java/Session.java`): `ns= received=` as arguments, then lines `ID COMMAND key=value …` with tabs
 * between their parts.
 *
 *     push name= group= topic=   starts a consumer
 *     lite name= group= topic=   starts a pull consumer
 *     stop name=                 closes it
 *     queues name=               the queues it has
 *
 * A row is written before its message is acknowledged, so that what a killed process consumed is known.
 *
 * @module
 */

import fs from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { connect } from "../../net/client/client.ts";
import type { ReceivedMessage } from "../../net/client/received_message.ts";
import { compareQueues } from "../../net/client/consumer/queue_name.ts";

const POLL_MS = 200;
const COMMIT_MS = 1000;

type Options = Readonly<Record<string, string>>;

interface Holder extends AsyncDisposable {
  queues(): readonly { topic: string; brokerName: string; queueId: number }[];
}

const running = new Map<string, Holder>();

function optionsOf(parts: readonly string[]): Options {
  return Object.fromEntries(parts.map((part) => {
    const equals = part.indexOf("=");
    return [part.slice(0, equals), part.slice(equals + 1)];
  }));
}

function write(file: number, consumer: string, message: ReceivedMessage): void {
  const { topic, brokerName, queueId, queueOffset } = message;
  const properties = Object.fromEntries(message.properties);
  const row = { consumer, topic, brokerName, queueId, queueOffset, properties };
  fs.writeSync(file, `${JSON.stringify(row)}\n`);
}

function started(
  kind: "push" | "lite",
  { name = "", group = "", topic = "" }: Options,
  { nameServers, received }: { nameServers: string; received: number },
): string {
  const client = connect({ nameServers, instanceName: `${name}-${process.pid}` });
  if (kind === "push") {
    const consumer = client.consumer({
      group,
      subscribe: { [topic]: "*" },
      startFrom: "first",
      commitMs: COMMIT_MS,
    });
    const ended = consumer.run((message) => write(received, name, message));
    running.set(name, {
      queues: () => consumer.queues,
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        await ended;
      },
    });
  } else {
    const consumer = client.pullConsumer({ group, startFrom: "first", autoCommitMs: COMMIT_MS });
    const stop = new AbortController();
    const ended = (async () => {
      await consumer.subscribe(topic);
      while (!stop.signal.aborted) {
        const messages = await consumer.poll({ timeoutMs: POLL_MS });
        for (const message of messages) write(received, name, message);
      }
      await consumer.commit();
    })();
    running.set(name, {
      queues: () => consumer.assignment,
      async [Symbol.asyncDispose]() {
        stop.abort();
        await ended;
        await client[Symbol.asyncDispose]();
      },
    });
  }
  return client.clientId;
}

async function perform(
  command: string,
  options: Options,
  place: { nameServers: string; received: number },
): Promise<unknown> {
  const { name = "" } = options;
  const holder = () => {
    const found = running.get(name);
    if (found === undefined) throw new Error(`There is no "${name}"`);
    return found;
  };
  switch (command) {
    case "push":
    case "lite":
      return started(command, options, place);
    case "stop": {
      const stopping = holder();
      running.delete(name);
      await stopping[Symbol.asyncDispose]();
      return "stopped";
    }
    case "queues":
      return [...holder().queues()].sort(compareQueues)
        .filter(({ topic }) => !topic.startsWith("%RETRY%"))
        .map(({ brokerName, queueId }) => `${brokerName} ${queueId}`);
    default:
      throw new Error(`Cannot do "${command}": no such command`);
  }
}

const { ns = "", received = "" } = optionsOf(process.argv.slice(2));
const place = { nameServers: ns, received: fs.openSync(received, "a") };
process.stdout.write(`{"event":"ready"}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const [id = "", command = "", ...parts] = line.split("\t");
  const reply = Number(id);
  perform(command, optionsOf(parts), place).then(
    (value) => process.stdout.write(`${JSON.stringify({ reply, value })}\n`),
    (error) => process.stdout.write(`${JSON.stringify({ reply, error: String(error) })}\n`),
  );
}

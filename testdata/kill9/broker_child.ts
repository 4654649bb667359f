/**
 * A program for tests: a broker that makes topics and groups, takes messages and offsets, and dies at
 * the call it was told. It writes down what was answered at once, in a file of its own.
 *
 *     deno run -A testdata/kill9/broker_child.ts ORDER
 *
 * @module
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import process from "node:process";
import {
  formatSubscriptionGroup,
  newSubscriptionGroup,
} from "../../net/wire/subscription_group.ts";
import { diskFiles } from "../../store/file_disk.ts";
import { BrokerFixture } from "../broker_fixture.ts";
import { dyingFiles } from "../dying_files.ts";
import { sendFields } from "../message_path.ts";
import { openAnswers } from "./answer_file.ts";
import { type BrokerOrder, killedBroker, namesOf, READER, READER_NUMBER } from "./broker_order.ts";

/** It is not left behind when it never comes to the call. */
const LIFETIME_MS = 60_000;

const started = performance.now();
const order: BrokerOrder = JSON.parse(process.argv[2]!);
const { root, death } = order;
const acknowledged = openAnswers(order.acknowledged);
const it = await BrokerFixture.start({
  fs: dyingFiles(diskFiles, { root, death }),
  config: killedBroker(root),
});

await create(READER_NUMBER);
for (let number = order.first; performance.now() - started < LIFETIME_MS; number++) {
  const { topic, body } = namesOf(number);
  await create(number);
  await said(`message ${number}`, () => {
    const extFields = sendFields({ topic, queueId: 0 });
    return it.ask("SEND_MESSAGE_V2", { extFields, body: new TextEncoder().encode(body) });
  });
  const header = { ...READER, commitOffset: number };
  await said(`offset ${number}`, () => it.ask("UPDATE_CONSUMER_OFFSET", { header }));
}
await it[Symbol.asyncDispose]();

/** Creates the topic and the group of a number. */
async function create(number: number): Promise<void> {
  const { topic, group } = namesOf(number);
  const header = {
    topic,
    defaultTopic: "TBW102",
    readQueueNums: 1,
    writeQueueNums: 1,
    perm: 6,
    topicFilterType: "SINGLE_TAG",
    topicSysFlag: 0,
    order: false,
  };
  await said(`topic ${number}`, () => it.ask("UPDATE_AND_CREATE_TOPIC", { header }));
  const body = formatSubscriptionGroup(newSubscriptionGroup(group));
  await said(`group ${number}`, () => it.ask("UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", { body }));
}

/** Asks, and writes down that the broker said yes. */
async function said(line: string, ask: () => ReturnType<BrokerFixture["ask"]>): Promise<void> {
  const { code, remark } = await ask();
  assert.equal(code, 0, `${line}: ${remark}`);
  fs.writeSync(acknowledged, `${line}\n`);
}

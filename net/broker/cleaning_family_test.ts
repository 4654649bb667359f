import assert from "node:assert/strict";
import { AgedFiles } from "../../testdata/aged_files.ts";
import { BrokerFixture, FIXTURE_STORE } from "../../testdata/broker_fixture.ts";
import { sendFields, START } from "../../testdata/message_path.ts";
import type { RequestName } from "../wire/codes.ts";
import { cleaningFamily } from "./cleaning_family.ts";

/** What a family does when it is asked, by the store's methods. */
async function done(name: RequestName, topics: readonly string[] = []): Promise<string[]> {
  const calls: string[] = [];
  const family = cleaningFamily({
    store: {
      cleanQueues: () => Promise.resolve(void calls.push("cleanQueues")),
      deleteExpiredFiles: () => void calls.push("deleteExpiredFiles"),
      deleteTopic: (topic) => void calls.push(`deleteTopic ${topic}`),
      topics: () => [...topics],
    },
    topics: { get: (name) => name === "Known" ? KNOWN : undefined },
  });
  const handler = family[name] as () => unknown;
  assert.deepEqual(await handler(), {}, "answered with success");
  return calls;
}

const KNOWN = {
  topicName: "Known",
  readQueueNums: 1,
  writeQueueNums: 1,
  perm: 6,
  topicFilterType: "SINGLE_TAG",
  topicSysFlag: 0,
  order: false,
  attributes: new Map(),
} as const;

Deno.test("DELETE_EXPIRED_COMMITLOG and CLEAN_EXPIRED_CONSUMEQUEUE hand on to the store", async () => {
  assert.deepEqual(await done("DELETE_EXPIRED_COMMITLOG"), ["deleteExpiredFiles"]);
  assert.deepEqual(await done("CLEAN_EXPIRED_CONSUMEQUEUE"), ["cleanQueues"]);
});

Deno.test("CLEAN_UNUSED_TOPIC spares topics that are configured, of the system, or light", async () => {
  const topics = ["Known", "Gone", "SCHEDULE_TOPIC_XXXX", "rmq_sys_TRACE", "%LMQ%a", "%RETRY%g"];
  const calls = await done("CLEAN_UNUSED_TOPIC", topics);
  assert.deepEqual(calls, ["deleteTopic Gone", "deleteTopic %RETRY%g"]);
});

Deno.test("CLEAN_UNUSED_TOPIC removes queues whose topic was forgotten, and no others", async () => {
  await using it = await BrokerFixture.start({ now: () => START });
  for (const topic of ["T", "Other"]) {
    const extFields = sendFields({ topic });
    await it.ask("SEND_MESSAGE_V2", { extFields, body: new Uint8Array(1) });
  }
  const { fs } = it;
  await it[Symbol.asyncDispose]();
  fs.remove(`${FIXTURE_STORE}/config`);
  await using again = await BrokerFixture.start({ fs, now: () => START });
  const extFields = sendFields({ topic: "T" });
  await again.ask("SEND_MESSAGE_V2", { extFields, body: new Uint8Array(1) });
  assert.equal((await again.ask("CLEAN_UNUSED_TOPIC")).code, 0);
  assert.deepEqual(again.broker.store.topics(), ["T"]);
  assert.equal(again.broker.store.queueRange("T", 0)!.max, 2);
});

Deno.test("a broker on a full disk refuses sends with Java's code, and says why", async () => {
  const full = { totalBytes: 100, usedBytes: 91, freeBytes: 9 };
  const paths: string[] = [];
  await using it = await BrokerFixture.start({
    fs: new AgedFiles(() => START),
    now: () => START,
    diskSpace: (path) => {
      paths.push(path);
      return full;
    },
  });
  const asked = { extFields: sendFields(), body: new Uint8Array(1) };
  const answer = await it.ask("SEND_MESSAGE_V2", asked);
  assert.equal(answer.code, 14);
  assert.match(answer.remark!, /^service not available now\..*the disk is 91% full, limit is 90%$/);
  assert(paths.includes(`${FIXTURE_STORE}/commitlog`));
  assert(it.told.some((text) => /^No message is taken: the disk is 91% full/.test(text)));
});

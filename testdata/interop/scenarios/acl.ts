/**
 * A Java broker of 4.9.7 that asks who is there (`aclEnable`): our client's signature is taken, a wrong
 * secret, an unknown key and no signature at all are refused, and so is what a key has no right to.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { type Client, connect } from "../../../net/client/client.ts";
import { ClientError } from "../../../net/client/client_error.ts";
import type { Credentials } from "../../../net/client/signature.ts";
import { mqOnDeno, notEnding } from "../mq_command.ts";
import type { Stage } from "../stage.ts";

const TOPIC = "T_acl";
const FORBIDDEN = "T_acl_forbidden";
const GROUP = "G_acl";
const COUNT = 20;
const TIMEOUT_MS = 15_000;
const ADMIN: Credentials = { accessKey: "operator", secretKey: "operator-secret" };
const USER: Credentials = { accessKey: "shopkeeper", secretKey: "shop-secret" };

/** Java's `conf/plain_acl.yml`. */
const PLAIN_ACL = `accounts:
- accessKey: ${ADMIN.accessKey}
  secretKey: ${ADMIN.secretKey}
  admin: true
- accessKey: ${USER.accessKey}
  secretKey: ${USER.secretKey}
  admin: false
  defaultTopicPerm: DENY
  defaultGroupPerm: DENY
  topicPerms:
  - ${TOPIC}=PUB|SUB
  - ${FORBIDDEN}=DENY
  groupPerms:
  - ${GROUP}=SUB
`;

/** The scenario. */
export async function acl(stage: Stage): Promise<void> {
  let since = Date.now();
  const folder = stage.folder("acl");
  const conf = path.join(folder, "broker", "conf");
  fs.mkdirSync(conf, { recursive: true });
  fs.writeFileSync(path.join(conf, "plain_acl.yml"), PLAIN_ACL);
  await using cluster = await stage.startJava("4.9.7", { folder, conf: { aclEnable: "true" } });
  const as = (credentials?: Credentials): Client =>
    connect({
      nameServers: cluster.namesrv,
      ...(credentials === undefined ? {} : { credentials }),
    });
  await using admin = as(ADMIN);
  const queues = { readQueues: 1, writeQueues: 1 };
  for (const topic of [TOPIC, FORBIDDEN]) await admin.admin.createTopic(topic, queues);
  await admin.admin.createGroup(GROUP);

  await using user = as(USER);
  stage.report.check(
    `acl: ${COUNT} signed messages and a signed batch are stored, and consumed by their key`,
    await notConsumed(user),
    since,
  );

  const refusals: readonly [string, Credentials | undefined, RegExp][] = [
    ["a wrong secret", { ...USER, secretKey: "guessed-secret" }, /Check signature failed/],
    ["an unknown key", { ...USER, accessKey: "nobody-here" }, /No acl config for nobody-here/],
    ["no signature", undefined, /No accessKey is configured/],
  ];
  for (const [what, credentials, reason] of refusals) {
    since = Date.now();
    await using client = as(credentials);
    stage.report.check(`acl: ${what} is refused`, await notRefused(client, TOPIC, reason), since);
  }
  since = Date.now();
  stage.report.check(
    "acl: a topic the key has no right to is refused",
    await notRefused(user, FORBIDDEN, /No default permission|has no permission/i),
    since,
  );
  since = Date.now();
  stage.report.check(
    "acl: the command line is let in by its keys, and kept out without them",
    await notByCommand(cluster.namesrv),
    since,
  );
}

/** Commands of a user who has keys in the environment, which must do, and the same without, which must not. */
async function notByCommand(namesrv: string): Promise<string[]> {
  const mq = mqOnDeno();
  const keys = { MQ_ACCESS_KEY: USER.accessKey, MQ_SECRET_KEY: USER.secretKey };
  const send = ["message", "send", TOPIC, "-n", namesrv, "--body", "von Hand", "--key", "hand-1"];
  const receive = ["message", "receive", TOPIC, "-n", namesrv, "--group", GROUP, "--limit", "1"];
  return [
    ...await notEnding(mq, send, [0], keys),
    ...await notEnding(mq, receive, [0], keys),
    ...await notEnding(mq, send, [8]),
    ...await notEnding(mq, send, [8], { ...keys, MQ_SECRET_KEY: "guessed-secret" }),
  ];
}

/** What is missing of what was sent. */
async function notConsumed(client: Client): Promise<string[]> {
  await using producer = client.producer({ group: "P_acl" });
  // Names, properties and bodies beyond ASCII are part of what is signed.
  const bodies = Array.from({ length: COUNT }, (_, at) => `äpfel ${at}`);
  for (const body of bodies) {
    await producer.send({ topic: TOPIC, body, tag: "bezählt", keys: body.replace(" ", "-") });
  }
  const batch = bodies.map((it) => `batch ${it}`);
  await producer.sendBatch(batch.map((body) => ({ topic: TOPIC, body })));
  const missing = new Set([...bodies, ...batch]);
  await using consumer = client.consumer({
    group: GROUP,
    subscribe: { [TOPIC]: "*" },
    startFrom: "first",
  });
  for await (const message of consumer.messages({ signal: AbortSignal.timeout(TIMEOUT_MS) })) {
    missing.delete(message.text());
    message.ack();
    if (missing.size === 0) break;
  }
  return [...missing].map((it) => `missing: ${it}`);
}

/** What is wrong with a send that must be refused for this reason. */
async function notRefused(client: Client, topic: string, reason: RegExp): Promise<string[]> {
  await using producer = client.producer({ group: "P_acl", retries: 0 });
  try {
    const { status } = await producer.send({ topic, body: "x" });
    return [`not refused: ${status}`];
  } catch (error) {
    if (error instanceof ClientError && error.kind === "refused" && reason.test(error.message)) {
      return [];
    }
    return [String(error)];
  }
}

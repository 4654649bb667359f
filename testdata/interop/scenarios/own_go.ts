/**
 * This project's client and that of Go on two sides of a topic: plain, one-way, batched, delayed,
 * compressed, in transactions, in order, filtered by tags and by SQL, and broadcast, each in both
 * directions. Bodies go compressed by zlib only, since Go's client knows no other way.
 *
 * @module
 */

import { type Client, connect } from "../../../net/client/client.ts";
import type { Cluster } from "../cluster.ts";
import { notInKeyOrder, notOnce, notTheList } from "../deliveries.ts";
import type { GoSession } from "../go_session.ts";
import {
  KEYS,
  notAsOurs,
  ORDERED,
  sentInTransactions,
  sentOrdered,
  sentPlain,
} from "../own_sent.ts";
import type { Stage } from "../stage.ts";
import { CONF, createTopic, filteredToOurs, plainToOurs, quiet, startOurs } from "./own_client.ts";

const PLAIN = { sync: 10, async: 6, oneway: 2, batch: 6, delayed: 2, level: 1 };
const FILTERED = 12;

interface Sides {
  readonly stage: Stage;
  readonly cluster: Cluster;
  readonly client: Client;
  readonly go: GoSession;
}

/** The scenario. */
export async function ownGo(stage: Stage): Promise<void> {
  await using cluster = await stage.start({ conf: CONF });
  await using client = connect({ nameServers: cluster.namesrv });
  await using go = await stage.goSession(cluster);
  stage.report.note("own_go: the client of Go reads and writes no compression but zlib's");
  const sides = { stage, cluster, client, go };
  await oursToGo(sides);
  await goToOurs(sides);
}

async function oursToGo({ stage, client, go }: Sides): Promise<void> {
  const topics = ["T_ours", "T_ours_ordered", "T_ours_filtered"] as const;
  const [plain, ordered, filtered] = topics;
  for (const topic of topics) await createTopic(client, topic);
  await go.push({ name: "all", group: "G_go", topic: plain });
  for (const name of ["wide-A", "wide-B"]) {
    await go.push({ name, group: "G_go_wide", topic: plain, model: "BROADCASTING" });
  }
  await go.push({ name: "ordered", group: "G_go_ordered", topic: ordered, orderly: true });
  const tags = "TagA || TagC";
  await go.push({ name: "tags", group: "G_go_tags", topic: filtered, tags });
  await go.push({ name: "sql", group: "G_go_sql", topic: filtered, sql: "no > 6" });
  const receivedBy = (name: string) => go.received().filter(({ consumer }) => consumer === name);

  let since = Date.now();
  const sent = [
    ...await sentPlain(client, plain, "4.9.7"),
    ...await sentInTransactions(client, plain),
  ];
  const byNo = new Map(sent.map((it) => [it.no, it]));
  for (const name of ["all", "wide-A", "wide-B"]) {
    const differences = await quiet(() => notOnce([...byNo.keys()], receivedBy(name)));
    for (const message of receivedBy(name)) {
      const { no = "" } = message.properties;
      const original = byNo.get(no);
      differences.push(...original ? notAsOurs(original, message) : [`${no}: unexpected`]);
    }
    const model = name === "all" ? "" : "broadcasting ";
    stage.report.check(
      `own_go: what ours sent, ${sent.length} messages, came to a ${model}consumer of Go`,
      differences,
      since,
    );
  }

  since = Date.now();
  const keyed = await sentOrdered(client, ordered);
  stage.report.check(`own_go: ${keyed.length} ordered ones came to one of Go in order`, [
    ...await quiet(() => notOnce(keyed, receivedBy("ordered"))),
    ...notInKeyOrder(receivedBy("ordered")),
  ], since);

  since = Date.now();
  await using producer = client.producer({ group: "P_ours_filtered" });
  const messages = Array.from(
    { length: FILTERED },
    (_, no) => ({ no, tag: `Tag${"ABC"[no % 3]}` }),
  );
  for (const { no, tag } of messages) {
    await producer.send({ topic: filtered, tag, body: `${no}`, properties: { no: `${no}` } });
  }
  const wanted = {
    tags: messages.filter(({ tag }) => tag !== "TagB"),
    sql: messages.filter(({ no }) => no > 6),
  };
  stage.report.check(
    "own_go: consumers of Go filter what ours sent by tags and by SQL",
    await quiet(() =>
      Object.entries(wanted).flatMap(([name, some]) => {
        const found = receivedBy(name).map(({ properties }) => Number(properties["no"]));
        return notTheList(name, some.map(({ no }) => no), found.sort((one, two) => one - two));
      })
    ),
    since,
  );
}

async function goToOurs({ stage, cluster, client, go }: Sides): Promise<void> {
  const topics = ["T_go", "T_go_ordered"] as const;
  const [plain, ordered] = topics;
  for (const topic of topics) await createTopic(client, topic);
  const folder = stage.folder("own");
  await using ours = await startOurs(client, { cluster, plain, ordered, folder });
  const since = Date.now();
  const program = await stage.goClient(cluster);
  const sent = await program.send(plain, PLAIN);
  const ends = { commit: 2, rollback: 2, later: 1 };
  await using transact = await program.startTransact({ topic: plain, group: "P_go", ...ends });
  const count = await go.send({ topic: ordered, mark: "ordered", count: ORDERED, keys: KEYS });
  const title = "own_go";
  const all = { from: "Go", sent, ours, since };
  await plainToOurs({ stage, title }, all);
  await transact.result();
  await filteredToOurs({ stage, title }, all);
  const numbers = Array.from({ length: count }, (_, index) => `ordered-${index}`);
  stage.report.check(`own_go: ${count} ordered ones of Go came to our consumer in order`, [
    ...await quiet(() => notOnce(numbers, ours.received("ordered"))),
    ...notInKeyOrder(ours.received("ordered")),
  ], since);
}

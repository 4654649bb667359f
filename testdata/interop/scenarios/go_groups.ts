/**
 * Groups of the Go client: filtered by tags and by SQL, broadcasting, of delayed messages, and set back to
 * a time by Java's `mqadmin`. What it does in groups together with other clients is part of the scenarios
 * mixed_group and ordered; how it fails, of retry; how it ends transactions, of transactions.
 *
 * Limits of this client, which notes tell of: it knows delay levels but no timed messages. Of a tag that is
 * not ASCII it tells the broker the hash of the bytes, where everybody else takes that of the UTF-16 units:
 * a group that wants such a tag gets nothing of it, from Java's brokers neither. Set back, it does nothing
 * for ten seconds, and where it was its pull that was led elsewhere, nothing before its next rebalance, up
 * to 20 s more.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { BrokerConf } from "../cluster.ts";
import { notOnce, notTheList, timesReceived } from "../deliveries.ts";
import type { GoJoinOptions, GoSession } from "../go_session.ts";
import { tableRows } from "../mqadmin_output.ts";
import type { Delivered, JavaSession } from "../session.ts";
import { sideBySide, type Stage } from "../stage.ts";

const CONF: BrokerConf = { enablePropertyFilter: "true", messageDelayLevel: "1s 2s" };
const QUEUES = 4;
const COUNT = 40;
const KEYS = 5;
const DELAY = { level: 2, ms: 2000 } as const;
/** Room for machines with more to do than time. */
const LATE_MS = 3000;
/** How long nothing more must come. */
const IDLE_MS = 1000;

interface Sides {
  readonly stage: Stage;
  readonly go: GoSession;
  readonly java: JavaSession;
}

const TOPICS = {
  filtered: "T_go_filtered",
  wide: "T_go_wide",
  delayed: "T_go_delayed",
} as const;
/** A broker that leads the next pull elsewhere, as 5.x does, and one that tells the members, as 4.x does. */
const RESETS = { led: "T_go_led", told: "T_go_told" } as const;

/** The scenario. */
export async function goGroups(stage: Stage): Promise<void> {
  await using cluster = await stage.start({ conf: CONF });
  await using telling = await stage.start({
    namesrv: cluster.namesrv,
    conf: { brokerName: "broker-b", useServerSideResetOffset: "false" },
  });
  await using go = await stage.goSession(cluster);
  await using java = await stage.javaSession(stage.clientVersions[0] ?? "5.5.0", cluster);
  const count = `${QUEUES}`;
  for (const topic of [...Object.values(TOPICS), ...Object.values(RESETS)]) {
    const { broker } = topic === RESETS.told ? telling : cluster;
    await java.admin(["updateTopic", "-b", broker, "-t", topic, "-r", count, "-w", count]);
  }
  stage.report.note(
    "go_groups: the client of Go has no timed messages, and takes ten seconds and up to 20 s more " +
      "to go where a group is set back to",
  );
  await sideBySide([filtered, broadcast, delayed, led, told], (part) => part({ stage, go, java }));
}

/** Tags of what Go sends, in turn. */
const TAGS = ["TagA", "TagB", "标签丙", ""];

/** Not ASCII. */
const WIDE_TAG = TAGS[2]!;

/** What filters let through of what Go and Java sent. */
const FILTERS: readonly (Pick<GoJoinOptions, "name" | "tags" | "sql"> & {
  readonly wants: (it: { readonly key: number; readonly tag: string }) => boolean;
})[] = [
  { name: "tag", tags: "TagA", wants: ({ tag }) => tag === "TagA" },
  { name: "tags", tags: "TagA||TagB", wants: ({ tag }) => tag === "TagA" || tag === "TagB" },
  { name: "sql", sql: "key > 2", wants: ({ key }) => key > 2 },
  {
    name: "sql-tags",
    sql: "key BETWEEN 1 AND 3 AND (TAGS IS NULL OR TAGS = 'TagA')",
    wants: ({ key, tag }) => key >= 1 && key <= 3 && (tag === "" || tag === "TagA"),
  },
  { name: "sql-none", sql: "missing IS NOT NULL", wants: () => false },
];

async function filtered({ stage, go, java }: Sides): Promise<void> {
  const since = Date.now();
  const topic = TOPICS.filtered;
  for (const { wants: _, ...filter } of FILTERS) {
    await go.push({ ...filter, group: `G_go_${filter.name}`, topic });
  }
  await go.push({ name: "wide-tag", tags: WIDE_TAG, group: "G_go_wide_tag", topic });
  for (const [mark, session] of [["go", go], ["java", java]] as const) {
    await session.send({ topic, mark, count: COUNT, keys: KEYS });
  }
  // Java's sender gives its messages no tags.
  const sent = Array.from({ length: COUNT }, (_, index) => {
    const key = index % KEYS;
    return [
      { no: `go-${index}`, key, tag: TAGS[index % TAGS.length]! },
      { no: `java-${index}`, key, tag: "" },
    ];
  }).flat();
  const complaints = () =>
    FILTERS.flatMap(({ name, wants }) => {
      const expected = sent.filter(wants).map(({ no }) => no).sort();
      return notTheList(name, expected, numbersOf(go, name).sort());
    });
  stage.report.check(
    `go_groups: ${FILTERS.length} groups of Go filter by tags and by SQL what Go and Java sent`,
    await quiet(go, complaints),
    since,
  );
  const wanted = sent.filter(({ tag }) => tag === WIDE_TAG).length;
  stage.report.note(
    `go_groups: a group of Go that wants "${WIDE_TAG}" received ${
      numbersOf(go, "wide-tag").length
    } ` +
      `of ${wanted}: it tells another hash of that tag than anybody else`,
  );
}

/** Every member has everything once, and one that comes back goes on where it was. */
async function broadcast({ stage, go, java }: Sides): Promise<void> {
  const since = Date.now();
  const topic = TOPICS.wide;
  const names = ["wide-A", "wide-B"];
  const join = (name: string) =>
    go.push({ name, group: "G_go_wide", topic, model: "BROADCASTING" });
  for (const name of names) await join(name);
  await go.send({ topic, mark: "go", count: COUNT });
  await java.send({ topic, mark: "java", count: COUNT });
  const sent = ["go", "java"].flatMap((mark) => marked(mark));
  const complaints = () => names.flatMap((name) => notOnce(sent, receivedBy(go, name)));
  const left = [...await go.settled(complaints)];
  await go.stop("wide-A");
  await java.send({ topic, mark: "late", count: COUNT });
  await join("wide-A");
  sent.push(...marked("late"));
  stage.report.check(
    `go_groups: each of two broadcasting members received all ${sent.length} messages once, ` +
      "one of them over a restart",
    [...left, ...await quiet(go, complaints)],
    since,
  );
}

async function delayed({ stage, go, java }: Sides): Promise<void> {
  const since = Date.now();
  const topic = TOPICS.delayed;
  await go.push({ name: "delayed", group: "G_go_delayed", topic });
  await java.push({ name: "delayed", group: "G_java_delayed", topic });
  await go.send({ topic, mark: "delayed", count: COUNT, level: DELAY.level });
  const sent = marked("delayed");
  const untimely = ({ properties, bornTimestamp, storeTimestamp }: Delivered) => {
    const waited = storeTimestamp - bornTimestamp;
    if (waited >= DELAY.ms && waited <= DELAY.ms + LATE_MS) return [];
    return [`${properties["no"]}: came after ${waited} of ${DELAY.ms} ms`];
  };
  for (const [name, session] of Object.entries({ Go: go, Java: java })) {
    stage.report.check(
      `go_groups: ${COUNT} messages that Go sent for later came to a consumer of ${name} in time`,
      [
        ...await quiet(session, () => notOnce(sent, receivedBy(session, "delayed"))),
        ...receivedBy(session, "delayed").flatMap(untimely),
      ],
      since,
    );
  }
}

function led(sides: Sides): Promise<void> {
  return reset(sides, "led");
}

function told(sides: Sides): Promise<void> {
  return reset(sides, "told");
}

/** A consuming group goes back to a time, and so does one without members. */
async function reset({ stage, go, java }: Sides, way: keyof typeof RESETS): Promise<void> {
  const topic = RESETS[way];
  const group = `G_go_${way}`;
  const [first, second] = [`${way}-first`, `${way}-second`] as const;
  await go.push({ name: first, group, topic });
  for (const mark of ["old", "new"]) {
    await go.send({ topic, mark, count: COUNT });
    await go.settled(() => notOnce(marked(mark), receivedBy(go, first)));
  }
  const { storeTimestamp } = receivedBy(go, first).filter(isOf("new"))
    .reduce((one, other) => one.storeTimestamp < other.storeTimestamp ? one : other);
  const back = ["resetOffsetByTime", "-g", group, "-t", topic, "-s", `${storeTimestamp}`];
  let since = Date.now();
  const queues = Array.from({ length: QUEUES }, (_, id) => `${id}`);
  const rows = tableRows(await java.admin(back)).map(([, queueId]) => queueId).sort();
  // A pull that waits for a message is led nowhere before there is one.
  await java.send({ topic, mark: "wake", count: COUNT });
  const again = await quiet(go, () => {
    const times = timesReceived(receivedBy(go, first));
    return marked("new").filter((no) => times.get(no) !== 2).map((no) => `${no}: ${times.get(no)}`);
  });
  stage.report.check(`go_groups: a consuming group of Go is ${way} to go back to a time`, [
    ...notTheList("reset queues", queues, rows),
    ...again,
    ...notOnce(marked("old"), receivedBy(go, first)),
  ], since);
  since = Date.now();
  await go.stop(first);
  const printed = await java.admin(back);
  await go.push({ name: second, group, topic });
  const expected = [...marked("new"), ...marked("wake")].sort();
  const left = await quiet(go, () => {
    return notTheList("received", expected, numbersOf(go, second).sort());
  });
  stage.report.check(
    `go_groups: and with no member left to be ${way}, its next one begins there`,
    left.length === 0 ? [] : [...left, printed],
    since,
  );
}

function isOf(mark: string): (message: Delivered) => boolean {
  return ({ properties }) => properties["mark"] === mark;
}

function marked(mark: string): string[] {
  return Array.from({ length: COUNT }, (_, index) => `${mark}-${index}`);
}

function receivedBy(session: GoSession | JavaSession, name: string): readonly Delivered[] {
  return session.received().filter(({ consumer }) => consumer === name);
}

function numbersOf(session: GoSession, name: string): string[] {
  return receivedBy(session, name).map(({ properties }) => properties["no"] ?? "");
}

/** Waits until there is nothing to complain about, and still nothing a while later. */
async function quiet(
  session: GoSession | JavaSession,
  complaints: () => readonly string[],
): Promise<readonly string[]> {
  await session.settled(complaints);
  await sleep(IDLE_MS);
  return complaints();
}

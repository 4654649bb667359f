/**
 * The requests that real clients and tools sent to Java's brokers, sent to ours on the same
 * connections, in the same order and at the same times, and the answers compared with Java's: codes,
 * remarks, fields and bodies. What may differ stands in the tables, with the reason; nothing else may.
 */
import assert from "node:assert/strict";
import { type Replay, type ReplayedCall, replayToBroker } from "../../testdata/broker_replay.ts";
import { recordingNames } from "../../testdata/frames.ts";
import { messagesOf } from "../../testdata/message_path.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import { formatHost } from "../../store/host.ts";
import type { MessageRecord } from "../../store/message.ts";
import { parseProperties } from "../../store/properties.ts";
import type { RemotingCommand } from "../wire/command.ts";

/** Requests of Java's brokers that ours does not serve. */
const NOT_SERVED: ReadonlySet<string> = new Set([
  "ACK_MESSAGE",
  "CHANGE_MESSAGE_INVISIBLETIME",
  "GET_ALL_MESSAGE_REQUEST_MODE",
  "GET_BROKER_HA_STATUS",
  "GET_COLD_DATA_FLOW_CTR_INFO",
  "POP_MESSAGE",
  "POP_ROLLBACK",
  "QUERY_ASSIGNMENT",
  "SET_MESSAGE_REQUEST_MODE",
]);

/** Codes that 4.9.7 does not know and we, like 5.x, serve. */
const NEWER_REQUESTS: ReadonlySet<string> = new Set(["343", "345", "351", "352"]);

/** Codes of the timer, of which the same holds; a recall may be refused. */
const TIMER_REQUESTS: ReadonlySet<string> = new Set(["60", "61", "370"]);

/** Fields that 5.x has brought; clients of 4.x pass over them. */
const NEWER_FIELDS = [
  "IS_SUB_CHANGE",
  "IS_SUPPORT_HEART_BEAT_V2",
  "groupSysFlag",
  "topicSysFlag",
  "totalGroupNum",
  "totalTopicNum",
  "transactionId",
];

/** Fields that must be there, with values of their own: times, places, numbers of one-sided things. */
const OWN_VALUES = [
  "indexLastUpdatePhyoffset",
  "indexLastUpdateTimestamp",
  "timestamp",
  "totalGroupNum",
  "totalTopicNum",
  "version",
];

/** Members of JSON bodies that are times and rates, or belong to features of one release. */
const OWN_MEMBERS: ReadonlySet<string> = new Set([
  "attributes",
  "consumeMessageOrderly",
  "consumeTimeStamp",
  "consumeTimeStampStr",
  "consumeTimeoutMinute",
  "consumeTps",
  "dataVersion",
  "delayTime",
  "forbiddenTable",
  "groupRetryPolicy",
  "groupSysFlag",
  "groupTopicMap",
  "lastTimestamp",
  "lastUpdateTimestamp",
  "mappingDataVersion",
  "maxTimeStamp",
  "maxTimeStampStr",
  "minTimeStamp",
  "minTimeStampStr",
  // Addresses in records are as long as they are.
  "physicOffset",
  "physicSize",
  // 5.x follows how far is pulled.
  "pullOffset",
  "pullOffsetTable",
  "resetOffsetTable",
  "topicPutTps",
  "topicQueueMappingDetailMap",
  "topicQueueMappingInfoMap",
  "totalDiff",
  "totalInflightDiff",
]);

/** Topics and groups that are there on one side only, by what they are for. */
const ONE_SIDED: readonly RegExp[] = [
  // Transactions: 4.x makes their topics when it needs them, and the replay looks at them less often.
  /^(RMQ_SYS_(TRANS|ROCKSDB_TRANS)_(OP_)?HALF_TOPIC|TRANS_CHECK_MAX_TIME_TOPIC)(@|$)/,
  /(^|@)CID_RMQ_SYS_TRANS$/,
  // Timers, pop, brokers that stand in for each other.
  /^rmq_sys_(wheel_timer|REVIVE_LOG_C1|SYNC_BROKER_MEMBER_broker-a)$/,
  /(^|@)FG_pop$/,
  /^CHECKPOINT_TOPIC$/,
  // A deleted group comes back in 5.5.0 when a tool asks for it.
  /^FG_del$/,
  // 4.9.7 takes offsets of groups that do not exist.
  /(^|@)FG_clone$/,
  // 5.x keeps offsets of broadcasts.
  /@FG_bc@broadcast$/,
];

/** Topics and pairs of topic and group that Java counts and we do not. */
const COUNTED_BY_JAVA =
  /^(RMQ_SYS_TRANS_.*|rmq_sys_wheel_timer|SCHEDULE_TOPIC_XXXX|C1_REPLY_TOPIC|F_sql@FG_sql)$/;

interface Rule {
  readonly reason: string;
  holds(call: ReplayedCall, java: RemotingCommand, ours: RemotingCommand): boolean;
}

/** Answers that differ with reason. */
const RULES: readonly Rule[] = [
  {
    reason: "filters by properties are not served, which Java has switched off by default",
    holds: (_call, _java, { code, remark = "" }) =>
      code === 1 && remark.endsWith("not support consumer to filter message by SQL92"),
  },
  {
    reason: "4.x does not count what is committed; ours does, as 5.x",
    holds: ({ recording, request, asked }, java, { code }) =>
      recording.startsWith("4") && request.name === "VIEW_BROKER_STATS_DATA" &&
      asked.extFields?.["statsKey"] === "T_trans" && java.code === 1 && code === 0,
  },
  {
    reason: "settings do not change over the network",
    holds: ({ request }, java, { code }) =>
      request.name === "UPDATE_BROKER_CONFIG" && java.code === 0 && code === 16,
  },
  {
    reason: "a field is missing: Java says where it fell over it, or takes it for empty",
    holds: (_call, java, { code, remark = "" }) =>
      java.code === 1 && code === 1 && /^Cannot decode header of .* is missing$/.test(remark),
  },
  {
    reason: "4.x says 0 of an empty queue nobody committed an offset in; ours answers as 5.x",
    holds: ({ recording, request }, java, { code }) =>
      recording.startsWith("4") && request.name === "QUERY_CONSUMER_OFFSET" &&
      java.extFields?.["offset"] === "0" && code === 22,
  },
  {
    reason: "4.x takes offsets of groups that do not exist; ours refuses as 5.x",
    holds: ({ recording, request }, java, { code }) =>
      recording.startsWith("4") && request.name === "UPDATE_CONSUMER_OFFSET" &&
      java.code === 0 && code === 26,
  },
  {
    reason: "a pull overtook the heartbeat sent before it, between the threads of Java",
    holds: (_call, java, { code }) => java.code === 25 && (code === 0 || code === 19),
  },
  {
    reason: "Java looks every 5 s for pulls whose time is up, and a message came meanwhile",
    holds: ({ request, asked, javaMs }, java, { code }) =>
      request.name === "PULL_MESSAGE" && java.code === 0 && code === 19 &&
      javaMs > Number(asked.extFields?.["suspendTimeoutMillis"]),
  },
  {
    reason: "Java counts what passes through its own topics",
    holds: ({ request, asked }, java, { code }) =>
      request.name === "VIEW_BROKER_STATS_DATA" && java.code === 0 && code === 1 &&
      COUNTED_BY_JAVA.test(asked.extFields?.["statsKey"] ?? ""),
  },
];

/** Ours commits the offsets of a reset at once, 4.x leaves that to the members. */
const AFTER_RESET = "the group's offsets were reset before";
const HELD_LONGER = "Java held a pull on, which in ours was led to the offset set for its group";
const IN_TRANSACTION =
  "the replay looks at half messages less often, and each end has an op message of its own";
const GROUP_UNKNOWN = "4.x took an offset of a group that does not exist, which ours refused";
const FIRST_RECORD = "4.x does not give a half message the id of its transaction";

/** Single answers that differ, by recording, request and `opaque`. */
const SINGLE: ReadonlyMap<string, string> = new Map([
  ["4.9.7-json GET_CONSUME_STATS 768", AFTER_RESET],
  ["4.9.7-json GET_CONSUME_STATS 894", AFTER_RESET],
  ["4.9.7-json GET_BROKER_CONSUME_STATS 806", AFTER_RESET],
  ["4.9.7-rocketmq GET_CONSUME_STATS 778", AFTER_RESET],
  ["4.9.7-rocketmq GET_CONSUME_STATS 906", AFTER_RESET],
  ["4.9.7-rocketmq GET_BROKER_CONSUME_STATS 818", AFTER_RESET],
  ["5.5.0-rocketmq GET_CONSUME_STATS 375", HELD_LONGER],
  ["5.5.0-json GET_CONSUME_STATS 761", IN_TRANSACTION],
  ["5.5.0-json GET_CONSUME_STATS 889", IN_TRANSACTION],
  ["5.5.0-rocketmq GET_CONSUME_STATS 951", IN_TRANSACTION],
  ["5.5.0-rocketmq GET_CONSUME_STATS 1087", IN_TRANSACTION],
  ["4.9.7-json VIEW_MESSAGE_BY_ID 74", FIRST_RECORD],
  ["4.9.7-rocketmq VIEW_MESSAGE_BY_ID 72", FIRST_RECORD],
  ["4.9.7-json GET_CONSUME_STATS 1004", "Java lost one of a group's two first offsets in a race"],
  ["4.9.7-json QUERY_CORRECTION_OFFSET 52", GROUP_UNKNOWN],
  ["4.9.7-rocketmq QUERY_CORRECTION_OFFSET 50", GROUP_UNKNOWN],
  ["5.5.0-rocketmq GET_ALL_DELAY_OFFSET 21", "Java lists a level from its first message on"],
]);

/** What one recording came to. */
interface Tally {
  /** Names of requests answered as Java answered them, with their number. */
  readonly same: Map<string, number>;
  /** Why answers differ: reasons of rules, and keys of single answers. */
  readonly reasons: Set<string>;
}

function compare(replay: Replay): Tally {
  const same = new Map<string, number>();
  const reasons = new Set<string>();
  for (const call of replay.calls) {
    const { recording, request, java, ours } = call;
    // Nothing is said of clients that left before Java's answer.
    if (request.kind === "oneway" || java === undefined) continue;
    const label = `${recording} ${request.name} ${request.opaque}`;
    assert.ok(ours, `${label} is not answered`);
    if (NOT_SERVED.has(request.name)) {
      assert.equal(ours.code, 3, label);
      assert.equal(ours.remark, ` request type ${call.asked.code} not supported`, label);
      continue;
    }
    if (NEWER_REQUESTS.has(request.name)) {
      assert.deepEqual([java.code, ours.code], [3, 0], label);
      continue;
    }
    if (TIMER_REQUESTS.has(request.name)) {
      assert.deepEqual([java.code, ours.code === 3], [3, false], label);
      continue;
    }
    const rule = RULES.find((rule) => rule.holds(call, java, ours));
    const reason = rule?.reason ?? SINGLE.get(label);
    const theirs = essence(call, java, (place) => replay.placeOf.get(place));
    const own = essence(call, ours, (place) => replay.places.has(place) ? place : undefined);
    if (reason === undefined) {
      assert.deepEqual(own, theirs, label);
      same.set(request.name, (same.get(request.name) ?? 0) + 1);
    } else {
      assert.notDeepEqual(own, theirs, `${label} differs no more although ${reason}`);
      reasons.add(rule?.reason ?? label);
    }
  }
  return { same, reasons };
}

/** The place of a record in our log; `undefined` when nobody told it. */
type PlaceOf = (physicalOffset: number) => number | undefined;

/** What of an answer must be equal. */
function essence(call: ReplayedCall, answer: RemotingCommand, placeOf: PlaceOf): unknown {
  const is4 = call.recording.startsWith("4");
  return {
    // 4.x has one code for all errors of arguments.
    code: is4 && answer.code === 29 ? 1 : answer.code,
    serialize: answer.serialize,
    opaque: answer.opaque,
    flag: answer.flag,
    remark: remarkOf(answer, is4),
    extFields: fieldsOf(answer, is4),
    body: bodyOf(call, { body: answer.body, is4, placeOf }),
  };
}

/** Java leaves what it has set in advance on some answers that are no errors. */
function remarkOf({ code, remark = "" }: RemotingCommand, is4: boolean): string | undefined {
  if (code === 0 && remark !== "FOUND") return undefined;
  const text = withoutPorts(remark.replace(/\nSee http\S+ for further details\.$/, ""));
  return is4 ? text.replace(", attributes={}", "") : text;
}

function fieldsOf({ extFields }: RemotingCommand, is4: boolean): Record<string, string> {
  const fields = { ...extFields };
  for (const name of is4 ? NEWER_FIELDS : []) delete fields[name];
  for (const name of OWN_VALUES) if (name in fields) fields[name] = "<own>";
  // Where a record is depends on the records before it.
  if (fields["msgId"] !== undefined) {
    fields["msgId"] = fields["msgId"].replace(/[0-9A-F]{16}(?=,|$)/g, "<place>");
  }
  return fields;
}

/** Answers whose body is records. */
const OF_RECORDS: ReadonlySet<string> = new Set([
  "PULL_MESSAGE",
  "QUERY_MESSAGE",
  "VIEW_MESSAGE_BY_ID",
]);

/** Answers whose body is settings and counters of the broker. */
const OF_ITSELF: ReadonlySet<string> = new Set([
  "GET_BROKER_CONFIG",
  "GET_BROKER_RUNTIME_INFO",
  "GET_TIMER_CHECK_POINT",
  "GET_TIMER_METRICS",
  "VIEW_BROKER_STATS_DATA",
]);

function bodyOf(
  { request: { name } }: ReplayedCall,
  { body, is4, placeOf }: { body: Uint8Array | undefined; is4: boolean; placeOf: PlaceOf },
): unknown {
  if (body === undefined) return undefined;
  if (OF_ITSELF.has(name)) return "<own>";
  if (!OF_RECORDS.has(name)) return sorted(parseFastJson(new TextDecoder().decode(body)), is4);
  return messagesOf(body).map((message) => messageOf(message, { is4, placeOf }));
}

/** Pairs that 4.x leaves out of records in one case or another, and 5.x has. */
const NEWER_PAIRS = ["CLUSTER", "MSG_REGION", "TRACE_ON", "WAIT"];

/** A record without its times, its length and the port it came from. */
function messageOf(
  { storeTimestamp: _time, totalSize: _size, bornHost, storeHost, ...rest }: MessageRecord,
  { is4, placeOf }: { is4: boolean; placeOf: PlaceOf },
): unknown {
  const pairs = parseProperties(rest.properties);
  for (const key of is4 ? NEWER_PAIRS : []) pairs.delete(key);
  // Where the client did not send it along, it is an id made of the place.
  const origin = pairs.get("ORIGIN_MESSAGE_ID");
  if (origin?.startsWith("7F00000100002A9F")) pairs.set("ORIGIN_MESSAGE_ID", "<place>");
  return {
    ...rest,
    body: [...rest.body],
    bornHost: withoutPorts(formatHost(bornHost)),
    storeHost: formatHost(storeHost),
    properties: Object.fromEntries([...pairs].sort()),
    physicalOffset: placeOf(rest.physicalOffset),
  };
}

/** The clients of a recording have other ports. */
function withoutPorts(text: string): string {
  return text.replace(
    /127\.0\.0\.1:\d{5}\b/,
    (address) => address === "127.0.0.1:10911" ? address : "127.0.0.1",
  );
}

/** Java's lists and tables have the order of their hashes. */
function sorted(value: unknown, is4: boolean): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !isOneSided(item)).map((item) => sorted(item, is4))
      .sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  }
  if (typeof value === "string") return withoutPorts(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      // In 4.x name servers say which topics are in order, and retry topics never are.
      .filter(([key]) => !OWN_MEMBERS.has(key) && !isOneSided(key) && !(is4 && key === "order"))
      .sort(([a], [b]) => a < b ? -1 : 1).map(([key, member]) => [key, sorted(member, is4)]),
  );
}

/** Whether a name, or a table with one name, is there on one side only. */
function isOneSided(value: unknown): boolean {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const names = Object.keys(value);
    return names.length === 1 && isOneSided(names[0]);
  }
  return typeof value === "string" && ONE_SIDED.some((pattern) => pattern.test(value));
}

/** Requests every recording has, of which some answers must have been like Java's. */
const COMPARED = [
  "CONSUMER_SEND_MSG_BACK",
  "CONSUME_MESSAGE_DIRECTLY",
  "DELETE_SUBSCRIPTIONGROUP",
  "GET_ALL_CONSUMER_OFFSET",
  "GET_ALL_SUBSCRIPTIONGROUP_CONFIG",
  "GET_CONSUMER_CONNECTION_LIST",
  "GET_CONSUMER_LIST_BY_GROUP",
  "GET_CONSUME_STATS",
  "GET_EARLIEST_MSG_STORETIME",
  "GET_MAX_OFFSET",
  "GET_MIN_OFFSET",
  "GET_PRODUCER_CONNECTION_LIST",
  "HEART_BEAT",
  "LOCK_BATCH_MQ",
  "PULL_MESSAGE",
  "QUERY_CONSUMER_OFFSET",
  "QUERY_MESSAGE",
  "SEARCH_OFFSET_BY_TIMESTAMP",
  "SEND_BATCH_MESSAGE",
  "SEND_MESSAGE",
  "SEND_MESSAGE_V2",
  "UNLOCK_BATCH_MQ",
  "UNREGISTER_CLIENT",
  "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP",
  "VIEW_MESSAGE_BY_ID",
  // A code nobody knows.
  "9999",
];

/** Notices to consumers of a broadcast: 4.x sends them, 5.x does not. */
const BROADCAST_NOTICES: ReadonlySet<string> = new Set([
  "4.9.7-json client-broker#19",
  "4.9.7-rocketmq client-broker#19",
]);

function noticesIn(recording: string, told: readonly string[]): string[] {
  return told.filter((line) => line.endsWith(" NOTIFY_CONSUMER_IDS_CHANGED"))
    .map((line) => line.split(" ")[0] ?? "")
    .filter((conn) => !BROADCAST_NOTICES.has(`${recording} ${conn}`)).sort();
}

const RECORDINGS = recordingNames().filter((name) => !name.includes("compressed"));

const replays = new Map<string, Promise<Replay>>();

/** The replay of a recording, which several tests look at. */
function replayOf(recording: string): Promise<Replay> {
  let replay = replays.get(recording);
  if (replay === undefined) replays.set(recording, replay = replayToBroker(recording));
  return replay;
}

for (const recording of RECORDINGS) {
  Deno.test(`Broker answers clients as Java's did in the recording ${recording}`, async () => {
    const replay = await replayOf(recording);
    const { same } = compare(replay);
    assert.deepEqual(COMPARED.filter((name) => !same.has(name)), [], "none was like Java's");
    const count = [...same.values()].reduce((sum, some) => sum + some, 0);
    assert.ok(count > 440, `only ${count} answers were compared`);
    assert.deepEqual(replay.log, [], "no handler failed");
  });

  Deno.test(`Broker tells consumers of changes as Java's did in the recording ${recording}`, async () => {
    const { told } = await replayOf(recording);
    assert.deepEqual(noticesIn(recording, told.ours), noticesIn(recording, told.java));
    const asked = (told: readonly string[]) =>
      told.filter((line) => line.endsWith(" CHECK_TRANSACTION_STATE"));
    assert.equal(asked(told.java).length, 2);
    assert.deepEqual(asked(told.ours), asked(told.java));
  });
}

Deno.test("Every difference from Java that the tables name occurs", async () => {
  const used = new Set<string>();
  for (const recording of RECORDINGS) {
    for (const reason of compare(await replayOf(recording)).reasons) used.add(reason);
  }
  const reasons = [...RULES.map(({ reason }) => reason), ...SINGLE.keys()];
  assert.deepEqual(reasons.filter((reason) => !used.has(reason)), []);
});

import assert from "node:assert/strict";
import {
  dlqTopicOf,
  groupNameProblem,
  isDerivedTopic,
  isSendable,
  isSystemGroup,
  isSystemTopic,
  replyTopicOf,
  retryTopicOf,
  systemTopics,
  topicNameProblem,
} from "./topic_names.ts";

const A = "a";

Deno.test("topicNameProblem() judges as Java 5.5.0 does, in its words", () => {
  const illegal = (topic: string) =>
    `The specified topic: ${topic}, contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$`;
  const long = A.repeat(128);
  const longRetry = `%RETRY%${A.repeat(249)}`;
  // What TopicValidator.validateTopic() said to each.
  const cases: readonly (readonly [string, string | undefined])[] = [
    [A, undefined],
    ["-_", undefined],
    ["a|b%c", undefined],
    [A.repeat(127), undefined],
    [`%RETRY%${A.repeat(248)}`, undefined],
    [`%DLQ%${A.repeat(250)}`, undefined],
    ["", "The specified topic is blank."],
    [" \t", "The specified topic is blank."],
    ["a b", illegal("a b")],
    ["a.b", illegal("a.b")],
    ["a\n", illegal("a\n")],
    ["ä", illegal("ä")],
    ["..", illegal("..")],
    ["../x", illegal("../x")],
    [long, `The specified topic: ${long}, is longer than topic max length: 127`],
    [
      longRetry,
      `The specified topic is DLQ or Retry topic: ${longRetry}, ` +
      "and it's longer than topic max length: 255",
    ],
  ];
  for (const [topic, expected] of cases) assert.equal(topicNameProblem(topic), expected);
});

Deno.test("groupNameProblem() allows no group whose retry topic would not be one", () => {
  assert.equal(groupNameProblem("G_1-x%|"), undefined);
  assert.equal(groupNameProblem(" "), "The specified group is blank.");
  assert.match(groupNameProblem("a/b") ?? "", /^The specified group: a\/b, contains illegal/);
  const longest = A.repeat(248);
  assert.equal(groupNameProblem(longest), undefined);
  assert.equal(topicNameProblem(retryTopicOf(longest)), undefined);
  assert.match(groupNameProblem(`${longest}a`) ?? "", /is longer than group max length: 248$/);
  assert.notEqual(topicNameProblem(retryTopicOf(`${longest}a`)), undefined);
});

Deno.test("names that follow from others are spelled as in Java", () => {
  assert.equal(retryTopicOf("G"), "%RETRY%G");
  assert.equal(dlqTopicOf("G"), "%DLQ%G");
  assert.equal(replyTopicOf("C1"), "C1_REPLY_TOPIC");
  assert.deepEqual(["%RETRY%G", "%DLQ%G", "RETRY", "x%DLQ%"].map(isDerivedTopic), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("topics of the system are known, and those that clients may not send to", () => {
  const NOT_SENDABLE = [
    "OFFSET_MOVED_EVENT",
    "RMQ_SYS_TRANS_HALF_TOPIC",
    "RMQ_SYS_TRANS_OP_HALF_TOPIC",
    "SCHEDULE_TOPIC_XXXX",
    "SELF_TEST_TOPIC",
    "TRANS_CHECK_MAX_TIME_TOPIC",
  ];
  const all = [...systemTopics()];
  assert(all.every(isSystemTopic));
  assert.deepEqual(all.filter((topic) => !isSendable(topic)).sort(), NOT_SENDABLE);
  assert(isSystemTopic("rmq_sys_wheel_timer"), "5.x keeps all such names to itself");
  for (const topic of ["T", "%RETRY%G", "RMQ_SYS_", "tbw102"]) assert(!isSystemTopic(topic), topic);
  assert(isSendable("TBW102") && isSendable("T"));
});

Deno.test("isSystemGroup() knows the groups of the system by their prefix", () => {
  assert(isSystemGroup("CID_RMQ_SYS_TRANS"));
  assert(!isSystemGroup("CID_RMQ") && !isSystemGroup("cid_rmq_sys_x"));
});

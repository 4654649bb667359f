/**
 * What can be found in configuration files and in the offsets they hold. Codes are never renamed.
 *
 * @module
 */
import { type FindingAbout, RECOVER } from "./finding_about.ts";

/** Codes and what they stand for. */
export const CONFIG_FINDINGS = {
  "config-unreadable": {
    kind: "config",
    severity: "error",
    about: "a broker takes the file's .bak, or does not start where that cannot be read either",
    java: "loads the .bak; where that cannot be read either it does not start",
    fix:
      "mq recover --apply puts a readable .bak in its place; without one it sets the file aside, where that costs offsets with --allow-data-loss",
    example:
      "store/config/consumerOffset.json: Cannot parse JSON at 3: the text ends inside a string; its .bak can be read",
  },
  "config-missing": {
    kind: "config",
    severity: "warning",
    about: "the file is gone; a broker takes its .bak",
    java: "loads the .bak",
    fix: "mq recover --apply puts the .bak in its place",
    example: "missing; its .bak can be read",
  },
  "config-topics-missing": {
    kind: "config",
    severity: "warning",
    about:
      "topics.json and its .bak are gone, but queues are there: a broker starts without their topics, and clients get no route to them",
    java: "starts with its own topics only; the queues stay, and come back with their topics",
    fix:
      "bring topics.json back from a backup or another broker of the cluster; else mq recover --apply enters the topics as their queues tell: permissions and attributes are lost",
    example:
      "neither it nor its .bak holds anything, but there are queues of T_batch, T_big, T_delay and 8 more",
  },
  "config-offsets-missing": {
    kind: "config",
    severity: "info",
    about:
      "consumerOffset.json and its .bak are gone, or were not yet written: groups of consumers begin anew, with the first message of a young topic, else as they are set",
    java:
      "starts with no offsets; a consumer that asks for one begins at 0 where the first messages of its queue are still in memory, else as consumeFromWhere says",
    fix:
      "before consumers start, bring the file back from a backup or a slave; else set the groups to the time of the loss: mq group reset",
    example:
      "neither it nor its .bak is there: without offsets are G_all, G_order, G_retry and 2 more",
  },
  "config-delay-offsets-missing": {
    kind: "config",
    severity: "info",
    about:
      "delayed messages were delivered, but delayOffset.json has no offset of their levels, or it and its .bak are gone, or were not yet written: they are delivered again",
    java:
      "begins at 0 with a level that has no offset: every message that its queue still has is delivered again, at once. mq's own broker does the same",
    fix:
      'before a broker starts, bring the file back from a backup or a slave; else write it with the offsets named here, level by level: {"offsetTable":{1:5,2:1,3:1}}',
    example:
      "neither it nor its .bak is there: without offset are level 1 (5 delivered, up to 5), level 2 (1 delivered, up to 1), level 3 (1 delivered, up to 1)",
  },
  "config-topic-unknown": {
    kind: "config",
    severity: "info",
    about:
      "queues hold messages of topics that topics.json does not know: clients get no route to them, and nobody consumes them; a slave gets its topics from its master",
    java:
      "loads the queues by their folders and answers that the topic does not exist; the queues come back with their topic. Until then cleanUnusedTopic deletes them, and with 4.9 so does deleting any other topic",
    fix:
      "none needed at a slave, or where the topic was deleted; else create it again with as many queues (mq topic create): its messages are there at once",
    example: "there are queues with messages of T_plain (267)",
  },
  "config-queue-closed": {
    kind: "config",
    severity: "info",
    about: "a queue holds messages, but topics.json has fewer to read: nobody consumes them",
    java: "refuses who pulls from it: the number of the queue is illegal",
    fix: "open the queues until their messages are consumed: mq topic update --read-queues",
    example: "2 queues to read, but queues 2, 3 hold messages",
  },
  "config-backup-unreadable": {
    kind: "config",
    severity: "warning",
    about: "the .bak that should stand in for the file cannot be read",
    java: "does not look at it as long as the file itself can be read; then it does not start",
    fix: "remove it; a broker writes a new one at the next change",
    example: "Cannot parse JSON at 3: the text ends inside a string",
  },
  "config-backup-newer": {
    kind: "config",
    severity: "warning",
    about: "the .bak is newer than the file: something put an older state back",
    java: "loads the file and not the .bak: changes that only the .bak has are lost",
    fix: "compare both, and copy the .bak over the file where it is right",
    example: "its version is 6 of 1795252590749, that of the file 5 of 1795252590748",
  },
  "consumer-offset-ahead": {
    kind: "config",
    severity: "warning",
    about:
      "the group has consumed further than the queue goes: messages were lost from the queue, and those that take their places may be passed over. A slave that lags behind its master has such offsets, too",
    java:
      "answers that the offset has moved: up to 4.9.3 a queue that begins at 0 sends the group back to its beginning, later ones to its end. Where the queue has grown past the offset before the group asks, it skips messages without a word",
    fix: `${RECOVER}: it moves the offset to the end of the queue`,
    example: "group G_retry is at 7, the queue ends at 6",
  },
  "consumer-offset-behind": {
    kind: "config",
    severity: "info",
    about: "messages expired before the group consumed them; it goes on at the queue's first",
    java: "sends the group on to the queue's first message",
    fix: "none needed",
    example: "group G_tag is at 40, the queue begins at 41",
  },
  "consumer-offset-orphan": {
    kind: "config",
    severity: "info",
    about: "consumer offsets of topics that exist no longer",
    java: "keeps it; a topic made again under the name is consumed from there",
    fix: "none needed",
    example: "2 offsets of group G",
  },
  "delay-offset-ahead": {
    kind: "config",
    severity: "warning",
    about:
      "more messages of this delay level are delivered than its queue has: some were lost from the queue, or delayed messages wait",
    java:
      "since 4.9.2 it moves the offset to the queue's end at its start; before, delayed messages of the level wait until the queue has grown past it",
    fix: `${RECOVER}: it moves the offset to the end of the queue`,
    example: "delay level 1 is at 6, the queue ends at 5",
  },
  "delay-offset-behind": {
    kind: "config",
    severity: "info",
    about: "delayed messages expired before they were delivered",
    java: "since 4.9.2 it moves the offset to the queue's first message at its start",
    fix: "none needed",
    example: "delay level 5 is at 0, the queue begins at 1",
  },
} as const satisfies Readonly<Record<string, FindingAbout>>;

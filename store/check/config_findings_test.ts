import {
  EXPIRED,
  FIRST,
  putText,
  testFindings,
  unit,
  write,
} from "../../testdata/finding_cases.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { CONFIG_FINDINGS } from "./config_findings.ts";

const TOPICS = "store/config/topics.json";
const CONSUMERS = "store/config/consumerOffset.json";

/** Changes what is configured for topics. */
function configure(
  files: MemoryFiles,
  change: (topics: Record<string, { readQueueNums: number }>) => void,
): void {
  const json = JSON.parse(new TextDecoder().decode(files.snapshot().get(TOPICS)));
  change(json.topicConfigTable);
  putText(files, TOPICS, JSON.stringify(json));
}

testFindings(CONFIG_FINDINGS, {
  "config-unreadable": {
    damage: (files) => files.cut("store/config/consumerOffset.json", 5),
    finds: ["warning config-unreadable config/consumerOffset.json 0+5"],
  },
  "config-missing": {
    damage: (files) => files.remove("store/config/subscriptionGroup.json"),
    finds: ["warning config-missing config/subscriptionGroup.json 0+0"],
  },
  "config-topics-missing": {
    damage: (files) => {
      for (const end of ["", ".bak"]) files.remove(`store/config/topics.json${end}`);
    },
    finds: [
      "warning config-topics-missing config/topics.json 0+0",
      // Nobody knows any more that the topic was deleted.
      "error queue-missing-units consumequeue/T_gone/0 0+120",
      "error queue-missing-units consumequeue/T_gone/1 0+120",
    ],
  },
  "config-offsets-missing": {
    damage: (files) => {
      for (const end of ["", ".bak"]) files.remove(`store/config/consumerOffset.json${end}`);
    },
    finds: ["info config-offsets-missing config/consumerOffset.json 0+0"],
  },
  "config-delay-offsets-missing": {
    damage: (files) => {
      for (const end of ["", ".bak"]) files.remove(`store/config/delayOffset.json${end}`);
    },
    finds: ["info config-delay-offsets-missing config/delayOffset.json 0+0"],
  },
  "config-topic-unknown": {
    damage: (files) => configure(files, (topics) => delete topics["T_plain"]),
    finds: ["info config-topic-unknown config/topics.json 0+0"],
  },
  "config-queue-closed": {
    damage: (files) => configure(files, (topics) => topics["T_plain"]!.readQueueNums = 2),
    finds: ["info config-queue-closed config/topics.json 0+0"],
  },
  "config-backup-unreadable": {
    damage: (files) => files.cut("store/config/subscriptionGroup.json.bak", 5),
    finds: ["warning config-backup-unreadable config/subscriptionGroup.json.bak 0+5"],
  },
  "config-backup-newer": {
    damage: (files) => {
      const version = '{"counter":6,"stateVersion":0,"timestamp":1795252590749}';
      const text = `{"dataVersion":${version},"offsetTable":{1:5}}`;
      putText(files, "store/config/delayOffset.json.bak", text);
    },
    finds: ["warning config-backup-newer config/delayOffset.json.bak 0+92"],
  },
  "consumer-offset-ahead": {
    // The queue has six messages.
    damage: (files) => putText(files, CONSUMERS, '{"offsetTable":{"T_retry@G_retry":{0:7}}}'),
    finds: ["warning consumer-offset-ahead config/consumerOffset.json 0+0"],
  },
  "consumer-offset-behind": {
    store: EXPIRED,
    damage: (files) => putText(files, CONSUMERS, '{"offsetTable":{"T_tags@G_tag":{0:40}}}'),
    finds: ["info consumer-offset-behind config/consumerOffset.json 0+0"],
  },
  "consumer-offset-orphan": {
    damage: (files) => putText(files, CONSUMERS, '{"offsetTable":{"T_never@G":{0:1,1:2}}}'),
    finds: ["info consumer-offset-orphan config/consumerOffset.json 0+0"],
  },
  "delay-offset-ahead": {
    damage: (files) =>
      putText(files, "store/config/delayOffset.json", '{"offsetTable":{1:6,2:1,3:1}}'),
    finds: ["warning delay-offset-ahead config/delayOffset.json 0+0"],
  },
  "delay-offset-behind": {
    store: EXPIRED,
    damage: (files) => {
      const path = `store/consumequeue/SCHEDULE_TOPIC_XXXX/4/${FIRST}`;
      files.put(path, new Uint8Array(1200));
      write(files, path, 0, unit({ physicalOffset: 0, size: 300, tagsCode: 0n }));
      putText(files, "store/config/delayOffset.json", '{"offsetTable":{5:0}}');
    },
    finds: [
      `info queue-unit-below-log consumequeue/SCHEDULE_TOPIC_XXXX/4/${FIRST} 0+20`,
      "info delay-offset-behind config/delayOffset.json 0+0",
    ],
  },
}, [
  "config-unreadable",
  "config-missing",
  "config-topics-missing",
  "config-offsets-missing",
  "config-delay-offsets-missing",
  "config-topic-unknown",
  "config-queue-closed",
  "config-backup-unreadable",
  "config-backup-newer",
  "consumer-offset-ahead",
  "consumer-offset-behind",
  "consumer-offset-orphan",
  "delay-offset-ahead",
  "delay-offset-behind",
]);

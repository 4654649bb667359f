import assert from "node:assert/strict";
import type { BrokerGroup } from "../../net/client/admin/asking.ts";
import type { GroupOfBroker } from "../../net/client/admin/groups.ts";
import type { GroupProgress } from "../../net/client/admin/progress.ts";
import { checkGroup } from "./known_group.ts";

const clusterInfo = () => Promise.resolve([{} as BrokerGroup]);
const NONE = { clusterInfo, groupConfig: () => Promise.resolve([]) };
const SOME = { clusterInfo, groupConfig: () => Promise.resolve([{} as GroupOfBroker]) };

function progress(consumerOffset: number): GroupProgress {
  return {
    queues: [{ consumerOffset }],
    members: { members: [] },
  } as unknown as GroupProgress;
}

Deno.test("checkGroup() knows a group by its settings, its members or its offsets", async () => {
  await checkGroup(SOME, "g");
  await checkGroup(NONE, "g", { progress: progress(0) });
  await checkGroup(NONE, "g", { progress: progress(7), topic: "T" });
  const members = { members: [{}] } as unknown as GroupProgress["members"];
  await checkGroup(NONE, "g", { progress: { queues: [], members } });
});

Deno.test("checkGroup() takes the queues of a topic for no sign of a group", async () => {
  await assert.rejects(checkGroup(NONE, "g", { progress: progress(0), topic: "T" }), {
    message: 'Group "g" does not exist: no broker has settings or offsets of it in topic "T"',
  });
  await assert.rejects(checkGroup(NONE, "g"), {
    message: 'Group "g" does not exist: no broker has settings or offsets of it',
  });
});

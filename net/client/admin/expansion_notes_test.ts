import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { Cluster } from "../cluster.ts";
import { dropNotes, type ExpansionNotes, notesOf, putNotes } from "./expansion_notes.ts";

const NOTES: ExpansionNotes = {
  brokerName: "broker-a",
  to: 9,
  queues: { "broker-a": 3, "broker-b": 3 },
  writtenAt: 1_795_252_561_250,
  marks: { "broker-a": [1, 2, 3], "broker-b": [4, 5, 6] },
};

Deno.test("notesOf() gives what putNotes() remembered, and nothing that is not whole", async () => {
  await using it = await ClusterFixture.start();
  await using cluster = new Cluster({ nameServers: it.nameServer.peer, namespace: "eu" });
  assert.equal(await notesOf(cluster, "T"), undefined);
  await putNotes(cluster, "T", NOTES);
  assert.deepEqual(await notesOf(cluster, "T"), NOTES);
  const { admin } = it.client;
  assert.deepEqual([...(await admin.kvList("MQ_TOPIC_EXPANSION")).keys()], ["eu%T"]);
  const broken = [
    "",
    "null",
    "{}",
    '{"from":3,"to":6,"writtenAt":1}',
    JSON.stringify({ ...NOTES, to: "9" }),
    JSON.stringify({ ...NOTES, queues: null }),
    JSON.stringify({ ...NOTES, marks: { "broker-a": [1, 2, 3] } }),
    JSON.stringify({ ...NOTES, marks: { ...NOTES.marks, "broker-b": [4, 5] } }),
  ];
  for (const text of broken) {
    await admin.kvPut("MQ_TOPIC_EXPANSION", "eu%T", text);
    assert.equal(await notesOf(cluster, "T"), undefined, text);
  }
  await dropNotes(cluster, "T");
  assert.equal((await admin.kvList("MQ_TOPIC_EXPANSION")).size, 0);
});

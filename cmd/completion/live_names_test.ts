import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("completion knows topics and groups of the cluster the line is about", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("Orders");
  await it.client.admin.createTopic("Orders-old");
  await it.client.admin.createGroup("billing");
  const namesrv = it.nameServer.peer;
  const completed = async (...words: string[]) => {
    const run = await record(["__complete", ...words], { env: { MQ_NAMESRV: namesrv } });
    assert.deepEqual([run.stderr, run.exitCode], ["", 0]);
    return run.stdout.trim().split("\n").map((line) => line.split("\t")[0]);
  };
  assert.deepEqual(await completed("message", "send", "Orders-"), ["Orders-old"]);
  const both = await completed("message", "browse", "-n", namesrv, "Or");
  assert.deepEqual(both, ["Orders", "Orders-old"]);
  assert.deepEqual(await completed("message", "receive", "Orders", "--group", "b"), ["billing"]);
  assert.deepEqual(await completed("dlq", "replay", "bill"), ["billing"]);
  // Those of brokers and tools are in nobody's way, and there for who begins to write one.
  assert.deepEqual(await completed("message", "browse", ""), ["Orders", "Orders-old"]);
  assert.deepEqual(await completed("message", "browse", "TBW"), ["TBW102"]);
  assert.deepEqual(await completed("message", "receive", "Orders", "--group", ""), ["billing"]);
  assert.deepEqual(await completed("dlq", "replay", "CID_RMQ"), ["CID_RMQ_SYS_TRANS"]);
  const topics = ["topic", "list", "--cluster"];
  assert.deepEqual(await completed(...topics, ""), ["C1"]);
  assert.deepEqual(await completed("topic", "update", "T", "--broker", "br"), ["broker-a"]);
  assert.deepEqual(await completed("topic", "update", `--namesrv=${namesrv}`, "Orders-"), [
    "Orders-old",
  ]);
  const inline = await completed("message", "receive", "Orders", "--group=bil");
  assert.deepEqual(inline, ["--group=billing"]);
});

Deno.test("completion has no names of a cluster that is not there, and does not wait for one", async () => {
  const server = createServer((socket) => socket.resume().on("error", () => {})).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  try {
    const silent = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const namesrv of ["127.0.0.1:1", silent]) {
      const begun = performance.now();
      const words = ["__complete", "message", "send", "-n", namesrv, "O"];
      const run = await record(words);
      assert.deepEqual([run.stdout, run.stderr, run.exitCode], ["", "", 0]);
      assert(performance.now() - begun < 5000);
    }
  } finally {
    await new Promise((closed) => server.close(closed));
  }
});

import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { parsePropertiesText } from "../../net/wire/properties_text.ts";
import { RpcClient } from "../../net/rpc/client.ts";
import { diskFiles } from "../../store/file_disk.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { whileRunning } from "../../testdata/recorded_server.ts";
import { inFolder } from "../../testdata/temporary_folder.ts";

/** A file as operators of Java brokers have it. */
const JAVA_CONF = `
# The broker of a small site.
brokerClusterName = DefaultCluster
brokerName = broker-a
brokerId = 0
brokerIP1 = 127.0.0.1
deleteWhen = 04
fileReservedTime = 48
brokerRole = ASYNC_MASTER
flushDiskType = SYNC_FLUSH
listenPort = 0
defaultTopicQueueNums = 4
sendMessageThreadPoolNums = 128
`;

Deno.test("mq broker start -p prints what a broker.conf comes to", async () => {
  const files = new MemoryFiles();
  files.put("broker.conf", new TextEncoder().encode(JAVA_CONF));
  const args = ["broker", "start", "-c", "broker.conf", "-n", "10.0.0.1:9876;10.0.0.2:9876", "-p"];
  const { stdout, stderr, exitCode } = await record(args, { files });
  assert.equal(exitCode, 0, stderr);
  const settings = new Map(parsePropertiesText(stdout).map(({ key, value }) => [key, value]));
  assert.equal(settings.get("brokerName"), "broker-a");
  assert.equal(settings.get("flushDiskType"), "SYNC_FLUSH");
  assert.equal(settings.get("fileReservedTime"), "48");
  assert.equal(settings.get("deleteWhen"), "04");
  assert.equal(settings.get("namesrvAddr"), "10.0.0.1:9876;10.0.0.2:9876");
  assert.match(stdout, /^# command line\nnamesrvAddr=/m);
  assert.match(stdout, /^# broker\.conf:8\nfileReservedTime=48$/m);
  assert(stdout.indexOf("# defaults\n") < stdout.indexOf("\ntraceOn=true\n"));
  const again = new MemoryFiles();
  again.put("broker.conf", new TextEncoder().encode(stdout));
  const second = await record(["broker", "start", "-c", "broker.conf", "-p"], { files: again });
  assert.deepEqual([second.exitCode, second.stderr], [0, ""]);
  for (const line of stderr.trimEnd().split("\n")) {
    assert.match(line, /^mq: broker\.conf:\d+: \w+ is ignored: .+/);
  }
  assert.match(stderr, /:13: sendMessageThreadPoolNums is ignored/);
});

Deno.test("mq broker start takes name servers from -n, the file, then the environment", async () => {
  const files = new MemoryFiles();
  files.put("broker.conf", new TextEncoder().encode("namesrvAddr=f:1"));
  const check = async (args: string[], env: Record<string, string>, expected: string[]) => {
    const command = ["broker", "start", "-p", "-o", "json", ...args];
    const { stdout } = await record(command, { files, env });
    const rows: Record<string, unknown>[] = JSON.parse(stdout);
    const row = rows.find(({ key }) => key === "namesrvAddr");
    assert.deepEqual(row, { key: "namesrvAddr", value: expected[0], origin: expected[1] });
  };
  await check([], {}, ["", "default"]);
  await check([], { NAMESRV_ADDR: "j:1" }, ["j:1", "NAMESRV_ADDR"]);
  await check([], { NAMESRV_ADDR: "j:1", MQ_NAMESRV: "e:1" }, ["e:1", "MQ_NAMESRV"]);
  await check(["-c", "broker.conf"], { MQ_NAMESRV: "e:1" }, ["f:1", "broker.conf:1"]);
  await check(["-c", "broker.conf", "-n", "n:1"], {}, ["n:1", "command line"]);
});

Deno.test("mq broker start runs a Java broker.conf and stops cleanly", () =>
  inFolder(async (directory) => {
    const path = join(directory, "broker.conf");
    const store = join(directory, "store");
    fs.writeFileSync(path, `${JAVA_CONF}bindAddress=127.0.0.1\nstorePathRootDir=${store}\n`);
    const run = await whileRunning(["broker", "start", "-c", path], (ready) => {
      assert.match(ready.broker!, /^127\.0\.0\.1:\d+$/);
      assert.equal(ready.store, store);
      assert.equal(ready.namesrv, undefined);
    });
    assert.equal(run.exitCode, 0, run.stderr);
    assert(!fs.existsSync(join(store, "abort")));
  }));

Deno.test("mq broker start refuses what it could not keep its word with", async () => {
  const files = new MemoryFiles();
  files.put("broker.conf", new TextEncoder().encode("aclEnable=true"));
  const run = await record(["broker", "start", "-c", "broker.conf"], { files });
  assert.equal(run.exitCode, 8);
  assert.equal(
    run.stderr,
    "mq: Cannot start with aclEnable=true (broker.conf:1): mq has no access control\n",
  );
});

Deno.test("mq broker start names a setting whose value it does not know", async () => {
  const files = { ...diskFiles };
  await inFolder(async (directory) => {
    const path = join(directory, "broker.conf");
    fs.writeFileSync(path, `flushDiskType=SOMETIMES\nstorePathRootDir=${join(directory, "s")}\n`);
    const run = await record(["broker", "start", "-c", path], { files });
    assert.equal(run.exitCode, 8);
    assert.match(run.stderr, /flushDiskType/);
    assert.equal(run.stdout, "");
  });
});

Deno.test("mq broker start serves metrics with --metrics-port, and says where", () =>
  inFolder(async (directory) => {
    const path = join(directory, "broker.conf");
    const store = join(directory, "store");
    fs.writeFileSync(path, `listenPort=0\nbrokerIP1=127.0.0.1\nstorePathRootDir=${store}\n`);
    const args = ["broker", "start", "-c", path, "--metrics-port", "0"];
    const run = await whileRunning(args, async (ready) => {
      assert.match(ready.metrics!, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
      const text = await (await fetch(ready.metrics!)).text();
      assert.match(text, /^rocketmq_broker_tps\{/m);
    });
    assert.equal(run.exitCode, 0, run.stderr);
  }));

Deno.test("mq broker start keeps what is changed over the network in its file", () =>
  inFolder(async (directory) => {
    const path = join(directory, "broker.conf");
    const store = join(directory, "store");
    const conf = `# ours\nlistenPort=0\nbrokerIP1=127.0.0.1\nfileReservedTime = 72\n` +
      `storePathRootDir=${store}\nupdateBrokerConfigEnable=true\n`;
    fs.writeFileSync(path, conf);
    const run = await whileRunning(["broker", "start", "-c", path, "--log", "json"], async (it) => {
      await using client = new RpcClient();
      const body = new TextEncoder().encode("fileReservedTime=24\nautoCreateTopicEnable=false\n");
      const asked = { name: "UPDATE_BROKER_CONFIG", body } as const;
      const answer = await client.invoke(it.broker!, asked, { timeoutMs: 5000 });
      assert.equal(answer.code, 0, answer.remark);
    });
    assert.equal(
      fs.readFileSync(path, "utf8"),
      conf.replace("fileReservedTime = 72", "fileReservedTime=24") +
        "autoCreateTopicEnable=false\n",
    );
    const lines = run.stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
    const changed = lines.filter(({ message }) =>
      /changed settings: fileReservedTime=24/.test(message)
    );
    assert.equal(changed.length, 1);
  }));

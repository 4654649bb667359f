import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { whileRunning } from "../../testdata/recorded_server.ts";

Deno.test("mq namesrv start listens where it is told and stops cleanly", async () => {
  const run = await whileRunning(
    ["namesrv", "start", "--host", "127.0.0.1", "--port", "0"],
    (ready) => assert.match(ready.namesrv!, /^127\.0\.0\.1:\d+$/),
  );
  assert.equal(run.exitCode, 0);
  assert.equal(run.stderr, "");
});

Deno.test("mq namesrv start -p prints what a namesrv.conf comes to", async () => {
  const files = new MemoryFiles();
  const conf = "listenPort=19876\nserverWorkerThreads=8\nbrokerName=x\n";
  files.put("namesrv.conf", new TextEncoder().encode(conf));
  const args = ["namesrv", "start", "-c", "namesrv.conf", "--host", "127.0.0.1", "-p"];
  const { stdout, stderr, exitCode } = await record(args, { files });
  assert.equal(exitCode, 0);
  assert.match(
    stdout,
    /^# command line\nbindAddress=127\.0\.0\.1\n# namesrv\.conf:1\nlistenPort=19876\n/,
  );
  assert.equal(
    stderr,
    "mq: namesrv.conf:2: serverWorkerThreads is ignored: " +
      "one event loop does the work, without pools of threads\n" +
      "mq: namesrv.conf:3: brokerName is ignored: no namesrv has such a setting\n",
  );
});

Deno.test("mq namesrv start says what is wrong with its file", async () => {
  const { stderr, exitCode } = await record(["namesrv", "start", "-c", "gone.conf"]);
  assert.equal(exitCode, 8);
  assert.equal(stderr, 'mq: Cannot read "gone.conf": no such file or directory\n');
});

Deno.test("mq namesrv start serves metrics with --metrics-port, and says where", async () => {
  const args = ["namesrv", "start", "--port", "0", "--metrics-port", "0"];
  const run = await whileRunning(args, async (ready) => {
    assert.match(ready.metrics!, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const text = await (await fetch(ready.metrics!)).text();
    assert.match(text, /^rocketmq_namesrv_connections 0$/m);
  });
  assert.equal(run.exitCode, 0);
});

Deno.test("mq namesrv start takes the settings of metrics from its file, and refuses others", async () => {
  const files = new MemoryFiles();
  const print = async (conf: string) => {
    files.put("namesrv.conf", new TextEncoder().encode(conf));
    return await record(["namesrv", "start", "-c", "namesrv.conf", "-p"], { files });
  };
  const { stdout } = await print("metricsExporterType=PROM\nmetricsPromExporterPort=9000\n");
  assert.match(stdout, /^# namesrv\.conf:1\nmetricsExporterType=PROM\n/);
  for (
    const [conf, reason] of [
      [
        "metricsExporterType=OTLP_GRPC",
        'metricsExporterType is "OTLP_GRPC", expected DISABLE or PROM',
      ],
      [
        "metricsPromExporterPort=65536",
        "metricsPromExporterPort is 65536, expected an integer from 0 to 65535",
      ],
      ["metricsPromExporterHost=", "metricsPromExporterHost is empty"],
    ] as const
  ) {
    const { stderr, exitCode } = await print(conf);
    assert.equal(stderr, `mq: Cannot start name server: ${reason} (namesrv.conf:1)\n`);
    assert.notEqual(exitCode, 0);
  }
});

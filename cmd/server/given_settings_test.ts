import assert from "node:assert/strict";
import { join } from "node:path";
import { MemoryFiles } from "../../store/file_memory.ts";
import { whileRunning } from "../../testdata/recorded_server.ts";
import { inFolder } from "../../testdata/temporary_folder.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { applyGiven } from "./given_settings.ts";

const DEFAULTS = { brokerName: "b", listenPort: 10911, traceOn: true };
const given = (...pairs: string[]) => applyGiven(DEFAULTS, pairs, { program: "broker" });

Deno.test("applyGiven() lays settings over others, the last of a key first", () => {
  const { settings, origins } = given("brokerName=a=b", "traceOn=false", "brokerName=c=d");
  assert.deepEqual(settings, { brokerName: "c=d", listenPort: 10911, traceOn: false });
  assert.deepEqual([...origins], [["brokerName", "-X"], ["traceOn", "-X"]]);
  assert.deepEqual(applyGiven(DEFAULTS, undefined, { program: "broker" }).settings, DEFAULTS);
  assert.match(
    given("sendMessageThreadPoolNums=16").remarks[0]!,
    /^-X: sendMessage.* is ignored: /,
  );
});

Deno.test("applyGiven() refuses what is no setting, or has no such value", () => {
  const check = (pair: string, message: string | RegExp) => {
    assert.throws(() => given(pair), { exitCode: 16, message }, pair);
  };
  check("listenPort", '-X is "listenPort", expected key=value');
  check("=1", '-X is "=1", expected key=value');
  check("listenPrt=1", "-X listenPrt=1: no broker has such a setting (did you mean listenPort?)");
  check("listenPort=x", "Cannot use listenPort=x (-X): not a whole number");
  check("aclEnable=true", /^Cannot start with aclEnable=true \(-X\): /);
});

Deno.test("mq broker start -X goes before the file, and tells so", async () => {
  const files = new MemoryFiles();
  files.put("broker.conf", new TextEncoder().encode("brokerName=a\nflushDiskType=SYNC_FLUSH\n"));
  const words = ["broker", "start", "-c", "broker.conf", "-p", "-X", "brokerName=b"];
  const { stdout, exitCode } = await record(words, { files });
  assert.equal(exitCode, 0);
  assert.match(stdout, /^# -X\nbrokerName=b$/m);
  assert.match(stdout, /^# broker\.conf:2\nflushDiskType=SYNC_FLUSH$/m);
  const wrong = await record([...words, "-X", "messageDelayLevel=soon"], { files });
  assert.deepEqual([wrong.exitCode, wrong.stdout], [16, ""]);
});

Deno.test("mq namesrv start -X sets what a namesrv.conf can", async () => {
  const words = ["namesrv", "start", "-p", "-X", "scanNotActiveBrokerInterval=700"];
  const { stdout } = await record(words);
  assert.match(stdout, /^# -X\nscanNotActiveBrokerInterval=700$/m);
  const { exitCode } = await record([...words, "-X", "scanNotActiveBrokerInterval=0"]);
  assert.equal(exitCode, 16);
});

Deno.test("mq start -X sets what a broker.conf can, but for what has an option", () =>
  inFolder(async (directory) => {
    const ports = ["--port", "0", "--namesrv-port", "0"];
    const words = ["start", "--store", join(directory, "data"), ...ports];
    const run = await whileRunning([...words, "-X", "brokerName=small"], async (ready) => {
      const { stdout } = await record(["cluster", "status", "-n", ready.namesrv!, "-o", "jsonl"]);
      const rows = stdout.trim().split("\n").map((line) => JSON.parse(line));
      assert.equal(rows.at(-1).brokerName, "small");
    });
    assert.equal(run.exitCode, 0, run.stderr);
    const { exitCode, stderr } = await record([...words, "-X", "listenPort=1"]);
    assert.equal(exitCode, 16);
    assert.match(stderr, /-X listenPort: mq start has --port for it/);
  }));

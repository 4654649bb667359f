import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { sendFields } from "../../testdata/message_path.ts";
import { capturedBodies } from "../../testdata/bodies.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { parseKvTable } from "../../net/wire/name_lists.ts";
import { pageOf } from "./broker_status.ts";

Deno.test("mq broker status prints a running broker on one page", async () => {
  await using it = await BrokerFixture.start();
  for (let count = 0; count < 3; count++) {
    await it.ask("SEND_MESSAGE_V2", { extFields: sendFields(), body: new Uint8Array(10) });
  }
  const { stdout, stderr, exitCode } = await record(["broker", "status", it.peer]);
  assert.deepEqual([exitCode, stderr], [0, ""]);
  const lines = new Map(
    stdout.trimEnd().split("\n").map((line) => {
      return [line.slice(0, 13).trim(), line.slice(15)] as const;
    }),
  );
  assert.equal(lines.get("broker"), `broker-a in C1, at ${it.peer}`);
  assert.match(lines.get("messages in") ?? "", /; 3 today, 3 since the start$/);
  assert.match(lines.get("log") ?? "", /^from 0 to [\d,]+, oldest message of 20\d\d-/);
  assert.equal(lines.get("permission"), "read and write");
  assert.equal(lines.get("flush"), "ASYNC_FLUSH");
});

Deno.test("mq broker status -o json prints everything the broker tells", async () => {
  await using it = await BrokerFixture.start();
  const { stdout } = await record(["broker", "status", it.peer, "-o", "json"]);
  const { address, runtime, config } = JSON.parse(stdout);
  assert.equal(address, it.peer);
  assert.equal(runtime.putMessageTimesTotal, "0");
  assert.equal(config.brokerName, "broker-a");
});

Deno.test("mq broker status says that nobody answers, and which address is none", async () => {
  const gone = await record(["broker", "status", "127.0.0.1:1"]);
  assert.equal(gone.exitCode, 8);
  assert.match(gone.stderr, /^mq: Cannot connect to 127\.0\.0\.1:1: /);
  assert.equal(gone.stdout, "");
  const bad = await record(["broker", "status", "nowhere"]);
  assert.equal(bad.exitCode, 16);
});

Deno.test("pageOf() reads what Java's brokers tell", () => {
  for (const { body } of capturedBodies("GET_BROKER_RUNTIME_INFO", "response")) {
    const page = new Map(pageOf("a:1", { runtime: parseKvTable(body), config: new Map() }));
    for (const label of ["release", "up", "log", "disk", "failed puts", "to be flushed"]) {
      assert.match(page.get(label) ?? "", /\d/, label);
      assert.doesNotMatch(page.get(label) ?? "", /unknown|NaN|undefined/, label);
    }
  }
});

Deno.test("pageOf() says what is not told", () => {
  const page = new Map(pageOf("a:1", { runtime: new Map(), config: new Map() }));
  assert.equal(page.get("broker"), "unknown in unknown, at a:1");
  assert.equal(page.get("messages in"), "no rate yet; unknown");
  assert.equal(page.get("disk"), "unknown");
  assert.equal(page.get("delayed"), "none");
  const some = new Map([["putTps", "  "], ["scheduleMessageOffset_1", "5,1205"]]);
  const partly = new Map(pageOf("a:1", {
    runtime: some,
    config: new Map([["brokerPermission", "4"]]),
  }));
  assert.equal(partly.get("delayed"), "1,200 in 1 level");
  assert.equal(partly.get("permission"), "read");
});

Deno.test("pageOf() tells how long a broker is up without the parts that are nothing", () => {
  const upOf = (runtime: string) =>
    pageOf("a:1", { runtime: new Map([["runtime", runtime]]), config: new Map() })
      .find(([label]) => label === "up")?.[1];
  assert.equal(upOf("[ 0 days, 0 hours, 3 minutes, 0 seconds ]"), "3 minutes, 0 seconds");
  assert.equal(
    upOf("[ 10 days, 0 hours, 3 minutes, 4 seconds ]"),
    "10 days, 0 hours, 3 minutes, 4 seconds",
  );
  assert.equal(upOf("[ 0 days, 0 hours, 0 minutes, 0 seconds ]"), "0 seconds");
});

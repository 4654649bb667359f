import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { parsePropertiesText } from "../../net/wire/properties_text.ts";
import { applySettings, printSettings } from "./settings.ts";

const DEFAULTS = { brokerName: "b", listenPort: 10911, traceOn: true };
const apply = (text: string) =>
  applySettings(DEFAULTS, parsePropertiesText(text), { path: "broker.conf", program: "broker" });

Deno.test("applySettings() lays a file over the defaults, by their types", () => {
  const { settings, origins, remarks } = apply("brokerName = b2 \nlistenPort=0\ntraceOn=FALSE");
  assert.deepEqual(settings, { brokerName: "b2", listenPort: 0, traceOn: false });
  assert.deepEqual([...origins], [
    ["brokerName", "broker.conf:1"],
    ["listenPort", "broker.conf:2"],
    ["traceOn", "broker.conf:3"],
  ]);
  assert.deepEqual(remarks, []);
});

Deno.test("applySettings() names what it ignores, with the reason", () => {
  const { settings, remarks } = apply("sendMessageThreadPoolNums=16\n\nlistenPrt=1");
  assert.deepEqual(settings, DEFAULTS);
  assert.deepEqual(remarks, [
    "broker.conf:1: sendMessageThreadPoolNums is ignored: " +
    "one event loop does the work, without pools of threads",
    "broker.conf:3: listenPrt is ignored: no broker has such a setting",
  ]);
});

Deno.test("applySettings() refuses values that do not fit or cannot be kept", () => {
  const check = (text: string, message: string) => assert.throws(() => apply(text), { message });
  check("listenPort=x", "Cannot use listenPort=x (broker.conf:1): not a whole number");
  check("traceOn=yes", "Cannot use traceOn=yes (broker.conf:1): not true or false");
  check(
    "aclEnable=true",
    "Cannot start with aclEnable=true (broker.conf:1): mq has no access control",
  );
  assert.equal(apply("aclEnable=false").remarks.length, 1);
});

const PRINTED = {
  settings: { listenPort: 1, brokerName: "a", traceOn: true, namesrvAddr: "h:1" },
  origins: new Map([["listenPort", "x.conf:3"], ["namesrvAddr", "MQ_NAMESRV"]]),
  hot: { traceOn: "at once" },
};

Deno.test("printSettings() prints a configuration file that says where settings come from", () => {
  const { terminal, printed } = recordedTerminal();
  printSettings(terminal, {}, PRINTED);
  terminal.out.flush();
  const { stdout } = printed();
  assert.equal(
    stdout,
    "# x.conf:3\nlistenPort=1\n# MQ_NAMESRV\nnamesrvAddr=h:1\n\n" +
      "# defaults\nbrokerName=a\ntraceOn=true\n",
  );
  const read = parsePropertiesText(stdout).map(({ key, value }) => [key, value]);
  const expected = Object.entries(PRINTED.settings).map(([key, value]) => [key, String(value)]);
  assert.deepEqual(read.sort(), expected.sort());
});

Deno.test("printSettings() prints no origins but the defaults' where there are none", () => {
  const { terminal, printed } = recordedTerminal();
  printSettings(terminal, {}, { settings: { a: 1 }, origins: new Map(), hot: {} });
  terminal.out.flush();
  assert.equal(printed().stdout, "# defaults\na=1\n");
});

Deno.test("printSettings() tells programs the same, and what may change", () => {
  const { terminal, printed } = recordedTerminal();
  printSettings(terminal, { output: "json" }, PRINTED);
  terminal.out.flush();
  assert.deepEqual(JSON.parse(printed().stdout), [
    { key: "brokerName", value: "a", origin: "default" },
    { key: "listenPort", value: 1, origin: "x.conf:3" },
    { key: "namesrvAddr", value: "h:1", origin: "MQ_NAMESRV" },
    { key: "traceOn", value: true, origin: "default", changes: "at once" },
  ]);
});

Deno.test("applySettings() names the line of a setting that its program cannot use", () => {
  const check = ({ listenPort = 0 }: Partial<typeof DEFAULTS>) => {
    if (listenPort > 9) throw new RangeError("listenPort is too large");
    if (listenPort === 9) throw new TypeError("a bug");
  };
  const apply = (text: string) =>
    applySettings(DEFAULTS, parsePropertiesText(text), {
      path: "x.conf",
      program: "broker",
      check,
    });
  assert.equal(apply("brokerName=b\nlistenPort=8").settings.listenPort, 8);
  assert.throws(() => apply("brokerName=b\nlistenPort=10"), {
    name: "Failure",
    message: "listenPort is too large (x.conf:2)",
  });
  assert.throws(() => apply("listenPort=9"), TypeError);
});

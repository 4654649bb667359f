import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { parsePropertiesText } from "./properties_file.ts";
import { applySettings, noteRemarks, printSettings } from "./settings.ts";

const DEFAULTS = { brokerName: "b", listenPort: 10911, traceOn: true };
const apply = (text: string) =>
  applySettings(DEFAULTS, parsePropertiesText(text), { path: "broker.conf", program: "broker" });

Deno.test("applySettings() lays a file over the defaults, by their types", () => {
  const { settings, remarks } = apply("brokerName = broker-a \nlistenPort=0\ntraceOn=FALSE");
  assert.deepEqual(settings, { brokerName: "broker-a", listenPort: 0, traceOn: false });
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

Deno.test("noteRemarks() and printSettings() write to their sides", () => {
  const { terminal, printed } = recordedTerminal();
  printSettings(terminal, { b: 1, a: "x" });
  terminal.out.flush();
  noteRemarks(terminal, ["one"]);
  assert.deepEqual(printed(), { stdout: "a=x\nb=1\n", stderr: "mq: one\n" });
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

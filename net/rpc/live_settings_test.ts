import assert from "node:assert/strict";
import { formatSettings, LiveSettings, type LiveSettingsOptions } from "./live_settings.ts";
import { Refusal } from "./refusal.ts";

interface Settings {
  readonly name: string;
  readonly hours: number;
  readonly greedy: boolean;
  readonly port: number;
  readonly open: boolean;
}

const INITIAL: Settings = { name: "a", hours: 72, greedy: false, port: 1, open: true };
const PEER = "10.0.0.1:5000";

function start(options: Partial<LiveSettingsOptions<Settings>> = {}) {
  const told: string[] = [];
  let time = 1000;
  const settings = new LiveSettings<Settings>({
    initial: INITIAL,
    switchKey: "open",
    hot: { name: "at once", hours: "at once", greedy: "at once" },
    check({ hours }) {
      if (hours < 0) throw new RangeError(`Cannot start server: hours is ${hours}`);
    },
    log: (text) => void told.push(text),
    now: () => time++,
    ...options,
  });
  const update = (text: string) => settings.update(new TextEncoder().encode(text), PEER);
  return { settings, told, update };
}

Deno.test("LiveSettings changes what is safe to change, in the object everybody holds", () => {
  const { settings, told, update } = start();
  const { current } = settings;
  assert.deepEqual(settings.version, { counter: 0, timestamp: 1000 });
  assert.deepEqual(update("hours=48\ngreedy = TRUE\nname=a\n"), { hours: 48, greedy: true });
  assert.deepEqual(current, { ...INITIAL, hours: 48, greedy: true });
  assert.deepEqual(settings.version, { counter: 1, timestamp: 1001 });
  assert.deepEqual(told, [`${PEER} changed settings: hours=48, greedy=true`]);
  assert.deepEqual(INITIAL.hours, 72);
});

Deno.test("LiveSettings does nothing for a text that changes nothing", () => {
  const { settings, told, update } = start();
  for (const text of ["", "# a comment\n", "hours=72\n"]) assert.deepEqual(update(text), {});
  assert.equal(settings.version.counter, 0);
  assert.deepEqual(told, []);
});

Deno.test("LiveSettings changes all of a text or nothing", () => {
  const { settings, told, update } = start();
  const refusals = [
    ["hours=1\nport=2\n", "NO_PERMISSION", "Cannot change port: it holds from the start on"],
    ["hours=1\nopen=false\n", "NO_PERMISSION", "Cannot change open: it holds from the start on"],
    ["hours=1\nhome=/\n", "NO_PERMISSION", "Cannot change home: there is no such setting"],
    // What every object has is no setting.
    ["toString=x\n", "NO_PERMISSION", "Cannot change toString: there is no such setting"],
    ["__proto__=x\n", "NO_PERMISSION", "Cannot change __proto__: there is no such setting"],
    [
      "greedy=true\nhours=soon\n",
      "INVALID_PARAMETER",
      /^Cannot change hours to "soon": expected a/,
    ],
    ["greedy=maybe\n", "INVALID_PARAMETER", /^Cannot change greedy to "maybe": expected true/],
    ["hours=-1\n", "INVALID_PARAMETER", "Cannot change settings: hours is -1"],
    ["hours=\\u12\n", "INVALID_PARAMETER", /^Cannot change settings: line 1/],
  ] as const;
  for (const [text, code, remark] of refusals) {
    assert.throws(() => update(text), (error) => {
      assert(error instanceof Refusal);
      assert.equal(error.code, code);
      assert.match(error.remark, remark instanceof RegExp ? remark : new RegExp(`^${remark}$`));
      return true;
    });
  }
  assert.deepEqual(settings.current, INITIAL);
  assert.equal(settings.version.counter, 0);
  assert.equal(told.length, refusals.length);
  assert.match(told[0]!, /^10\.0\.0\.1:5000 was refused to change settings: Cannot change port/);
});

Deno.test("LiveSettings stays closed unless its own setting opens it", () => {
  const { settings, update } = start({ initial: { ...INITIAL, open: false } });
  for (const text of ["hours=1\n", "open=true\n", ""]) {
    assert.throws(() => update(text), {
      remark: "Settings cannot be changed over the network: open is not true",
    });
  }
  assert.equal(settings.current.hours, 72);
});

Deno.test("LiveSettings changes nothing that cannot be kept", () => {
  const saved: unknown[] = [];
  const { settings, update } = start({
    save(changes) {
      if (changes["hours"] === 13) throw new Error('Cannot write "x.conf": disk full');
      saved.push(changes);
    },
  });
  assert.throws(() => update("hours=13\n"), {
    code: "SYSTEM_ERROR",
    remark: 'Cannot change settings: Cannot write "x.conf": disk full',
  });
  assert.equal(settings.current.hours, 72);
  update("hours=14\n");
  assert.deepEqual(saved, [{ hours: 14 }]);
});

Deno.test("formatSettings() writes a sorted line for each", () => {
  assert.equal(formatSettings({ b: 1, a: true, c: "x y" }), "a=true\nb=1\nc=x y\n");
});

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { Child } from "./child.ts";
import { playAll, type PlayOptions } from "./play.ts";
import type { Report } from "./report.ts";
import type { Scenario } from "./stage.ts";
import { MissingTool } from "./toolchain.ts";

interface Played {
  readonly printed: readonly string[];
  readonly report: Report;
}

/** Without the seconds each took. */
async function played(
  scenarios: Readonly<Record<string, Scenario>>,
  how: Pick<PlayOptions, "jobs" | "beside" | "alone">,
): Promise<Played> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "mq-play-"));
  const printed: string[] = [];
  const print = (line: string) => void printed.push(...line.split("\n"));
  try {
    const report = await playAll(scenarios, { ...how, target: "mq", root, print });
    return { printed: printed.map((line) => line.replace(/: \d+ s$/, "")), report };
  } finally {
    fs.rmSync(root, { recursive: true });
  }
}

function idle(): Child {
  return Child.start(process.execPath, ["--eval", "setInterval(() => {}, 1000)"]);
}

Deno.test("playAll() prints what each scenario prints in one piece, when it has ended", async () => {
  const second = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  const { printed, report } = await played({
    async slow({ report }) {
      report.check("slow 1", []);
      first.resolve();
      await second.promise;
      report.check("slow 2", []);
    },
    async quick({ report }) {
      await first.promise;
      report.check("quick", ["x"]);
      second.resolve();
    },
  }, { jobs: 2 });
  const quick = ["FAILED quick", "    x", "# quick"];
  const slow = ["ok slow 1", "ok slow 2", "# slow"];
  const isQuickFirst = printed[0] === quick[0];
  const blocks = isQuickFirst ? [...quick, ...slow] : [...slow, ...quick];
  assert.deepEqual(printed, [...blocks, "# failed: quick"]);
  assert.equal(report.clean, false);
});

Deno.test("playAll() fails a scenario that throws, and plays the others", async () => {
  const { printed, report } = await played({
    broken: () => Promise.reject(new Error("it broke")),
    sound({ report }) {
      report.check("sound", []);
      return Promise.resolve();
    },
  }, { jobs: 1 });
  assert.match(printed[0]!, /^FAILED broken ran to its end/);
  assert.deepEqual(printed.slice(1), [
    "    it broke",
    "# broken",
    "ok sound",
    "# sound",
    "# failed: broken",
  ]);
  assert.equal(report.clean, false);
});

Deno.test("playAll() skips a scenario whose tool is missing, except in CI", async () => {
  const before = process.env["CI"];
  const scenarios = { go: () => Promise.reject(new MissingTool("go")) };
  try {
    process.env["CI"] = "false";
    assert.equal((await played(scenarios, { jobs: 1 })).report.clean, true);
    process.env["CI"] = "true";
    assert.equal((await played(scenarios, { jobs: 1 })).report.clean, false);
  } finally {
    if (before === undefined) delete process.env["CI"];
    else process.env["CI"] = before;
  }
});

Deno.test("playAll() ends what a scenario left running, and nothing of one beside it", async () => {
  const ended = Promise.withResolvers<void>();
  let left: Child | undefined;
  await played({
    leaving() {
      left = idle();
      left.finished.then(() => ended.resolve());
      return Promise.resolve();
    },
    async staying() {
      await using own = idle();
      await ended.promise;
      process.kill(own.pid, 0);
    },
  }, { jobs: 2 }).then(({ report }) => assert.equal(report.clean, true));
  assert.deepEqual(await left?.finished, { code: null, signal: "SIGKILL" });
});

Deno.test("playAll() plays as many at a time as it may, and those that run alone alone at the end", async () => {
  const running = new Set<string>();
  const seen: string[] = [];
  const scenario = (name: string): Scenario => async () => {
    running.add(name);
    await new Promise((resolve) => setTimeout(resolve, 5));
    seen.push([...running].sort().join("+"));
    running.delete(name);
  };
  const names = ["alone", "a", "b", "c", "d"];
  const scenarios = Object.fromEntries(names.map((name) => [name, scenario(name)]));
  await played(scenarios, { jobs: 2, alone: ["alone"] });
  assert.equal(seen.length, names.length);
  assert.equal(seen.at(-1), "alone");
  assert(seen.every((them) => them.split("+").length <= 2), seen.join());
  assert(seen.includes("a+b"), seen.join());
});

Deno.test("playAll() plays one that mostly waits beside the others, and its like after it", async () => {
  const bothRun = Promise.withResolvers<void>();
  const order: string[] = [];
  await played({
    async waiting() {
      order.push("waiting");
      await bothRun.promise;
      order.push("waited");
    },
    like() {
      order.push("like");
      return Promise.resolve();
    },
    a: () => Promise.resolve(),
    b() {
      bothRun.resolve();
      return Promise.resolve();
    },
  }, { jobs: 1, beside: ["waiting", "like"] });
  assert.deepEqual(order, ["waiting", "waited", "like"]);
});

Deno.test("playAll() gives scenarios folders of their own", async () => {
  const folders: string[] = [];
  const scenario: Scenario = (stage) => {
    folders.push(stage.folder("store"));
    return Promise.resolve();
  };
  await played({ a: scenario, b: scenario }, { jobs: 2 });
  assert.equal(new Set(folders).size, 2);
});

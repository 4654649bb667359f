import assert from "node:assert/strict";
import type { FileSystem } from "../../store/file.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { chosenProfile } from "./chosen_profile.ts";
import { writeProfiles } from "./profile_file.ts";

const ENV = { XDG_CONFIG_HOME: "conf" };

function terminalWith(env: Record<string, string> = {}, profile: string | undefined = undefined) {
  const files = new MemoryFiles();
  const { terminal } = recordedTerminal({ files, env: { ...ENV, ...env } });
  const all = new Map([["a", { namesrv: "a:1" }], ["b", { namesrv: "b:1" }], ["c", {}]]);
  writeProfiles(terminal, { current: "a", all });
  return { ...terminal, ...(profile !== undefined && { profile }) };
}

Deno.test("chosenProfile(): the command line goes before the environment before the file", () => {
  const check = (found: ReturnType<typeof chosenProfile>, name: string, by: string) => {
    assert.deepEqual([found?.name, found?.chosenBy], [name, by]);
  };
  check(chosenProfile(terminalWith()), "a", "mq profile use");
  check(chosenProfile(terminalWith({ MQ_PROFILE: "" })), "a", "mq profile use");
  check(chosenProfile(terminalWith({ MQ_PROFILE: "b" })), "b", "MQ_PROFILE");
  check(chosenProfile(terminalWith({ MQ_PROFILE: "b" }, "c")), "c", "--profile");
  assert.equal(chosenProfile(terminalWith({ MQ_PROFILE: "none" })), undefined);
  assert.equal(chosenProfile(terminalWith({ MQ_PROFILE: "b" }, "none")), undefined);
});

Deno.test("chosenProfile() refuses a name nobody has, and none at all", () => {
  assert.throws(() => chosenProfile(terminalWith({}, "x")), {
    exitCode: 16,
    message: '--profile: There is no profile "x"; there is a, b, c',
  });
  assert.throws(() => chosenProfile(terminalWith({ MQ_PROFILE: "x" })), {
    message: /^MQ_PROFILE:/,
  });
  assert.throws(() => chosenProfile(terminalWith({}, "")), { exitCode: 16 });
});

Deno.test("chosenProfile(): a file of somebody else is no profile, unless one was asked for", () => {
  const { terminal } = recordedTerminal({ env: ENV });
  for (const cause of [{ code: "EACCES" }, { code: "EPERM" }, { name: "NotCapable" }]) {
    const files = {
      stat() {
        throw new Error("Cannot look", { cause: Object.assign(new Error("no"), cause) });
      },
    } as unknown as FileSystem;
    assert.equal(chosenProfile({ ...terminal, files }), undefined);
    assert.throws(() => chosenProfile({ ...terminal, files, profile: "a" }), /Cannot look/);
  }
});

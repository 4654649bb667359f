import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { diskFiles } from "../../store/file_disk.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { profilesPath, readProfiles, writeProfiles } from "./profile_file.ts";

const ENV = { XDG_CONFIG_HOME: "conf" };
const PATH = "conf/mq/profiles.json";

Deno.test("profilesPath() follows XDG_CONFIG_HOME, then the home folder", () => {
  const pathFor = (env: Record<string, string>) => profilesPath({ env: (name) => env[name] });
  assert.equal(pathFor({ XDG_CONFIG_HOME: "x", HOME: "h" }), join("x", "mq", "profiles.json"));
  assert.equal(pathFor({ XDG_CONFIG_HOME: "", HOME: "h" }), "h/.config/mq/profiles.json");
  assert.equal(pathFor({ USERPROFILE: "u" }), "u/.config/mq/profiles.json");
  assert.equal(pathFor({}), undefined);
});

Deno.test("writeProfiles() is read back, and leaves nothing else", () => {
  const files = new MemoryFiles();
  const { terminal } = recordedTerminal({ files, env: ENV });
  assert.deepEqual(readProfiles(terminal), { all: new Map() });
  const all = new Map([["b", { namesrv: "x:1", secretKey: "k", accessKey: "a" }], ["a", {}]]);
  files.put(`${PATH}.tmp`, new TextEncoder().encode("left by a crash, and much longer".repeat(99)));
  writeProfiles(terminal, { current: "b", previous: "a", all });
  assert.deepEqual(readProfiles(terminal), { current: "b", previous: "a", all });
  assert.deepEqual(files.list("conf/mq"), ["profiles.json"]);
});

Deno.test("writeProfiles() lets nobody else read before there is anything to read", () => {
  const root = fs.mkdtempSync(join(os.tmpdir(), "mq-profiles-"));
  try {
    const sizes: number[] = [];
    const { terminal } = recordedTerminal({ files: diskFiles, env: { XDG_CONFIG_HOME: root } });
    const keepPrivate = (path: string) => {
      sizes.push(fs.statSync(path).size);
      fs.chmodSync(path, 0o600);
    };
    const profiles = { all: new Map([["a", { accessKey: "k", secretKey: "s" }]]) };
    for (let round = 0; round < 2; round++) {
      writeProfiles({ ...terminal, keepPrivate }, profiles);
      assert.equal(fs.statSync(join(root, "mq/profiles.json")).mode & 0o777, 0o600);
    }
    assert.deepEqual(sizes, [0, 0]);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});

Deno.test("writeProfiles() says so where the user has no folder for them", () => {
  const { terminal } = recordedTerminal();
  assert.throws(() => writeProfiles(terminal, { all: new Map() }), {
    exitCode: 8,
    message: /^Cannot keep profiles: neither XDG_CONFIG_HOME nor HOME/,
  });
});

Deno.test("readProfiles() says what is wrong with a file", () => {
  const check = (text: string, says: RegExp) => {
    const files = new MemoryFiles();
    files.put(PATH, new TextEncoder().encode(text));
    const { terminal } = recordedTerminal({ files, env: ENV });
    assert.throws(() => readProfiles(terminal), { exitCode: 8, message: says }, text);
  };
  check("", /it is no JSON/);
  check("[]", /it is no JSON object/);
  check('{"profiles":[]}', /"profiles" is no JSON object/);
  check('{"profiles":{"a":"b"}}', /profile "a" is no JSON object/);
  check('{"profiles":{"a b":{}}}', /a name has/);
  check('{"profiles":{"a":{"color":"red"}}}', /profile "a" has "color", which mq does not know/);
  check('{"profiles":{"a":{"namesrv":"b"}}}', /profile "a": namesrv: "b" is not host:port/);
  check('{"current":7}', /"current" is no name/);
  check('{"version":7}', /it has "version"/);
  const files = new MemoryFiles();
  files.put(PATH, Uint8Array.of(0x7b, 0xff, 0x7d));
  assert.throws(() => readProfiles(recordedTerminal({ files, env: ENV }).terminal), {
    exitCode: 8,
  });
});

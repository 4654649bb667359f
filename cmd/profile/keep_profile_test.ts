import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addProfile, editProfile, removeProfile, useProfile } from "./keep_profile.ts";
import { readProfiles } from "./profile_file.ts";

function made(answer?: boolean) {
  const files = new MemoryFiles();
  const env = { XDG_CONFIG_HOME: "conf" };
  const recorded = recordedTerminal({ files, env, ...(answer !== undefined && { answer }) });
  return { ...recorded, files, profiles: () => readProfiles(recorded.terminal) };
}

Deno.test("addProfile() uses the first one, and later ones where that is asked for", async () => {
  const { terminal, profiles } = made();
  await addProfile(terminal, "a", { namesrv: "a:1" });
  await addProfile(terminal, "b", {});
  assert.equal(profiles().current, "a");
  await addProfile(terminal, "c", { use: true });
  assert.deepEqual([profiles().current, profiles().previous], ["c", "a"]);
  await assert.rejects(addProfile(terminal, "a", {}), { exitCode: 16 });
  assert.deepEqual(profiles().all.get("a"), { namesrv: "a:1" });
});

Deno.test("useProfile() goes back and forth, and to none and back", async () => {
  const { terminal, profiles } = made();
  assert.throws(() => useProfile(terminal, "-"), { exitCode: 16, message: /was used before/ });
  for (const name of ["a", "b", "c"]) await addProfile(terminal, name, {});
  const walk = ["b", "-", "-", "b", "-", "none", "-"];
  const seen = walk.map((word) => (useProfile(terminal, word), profiles().current));
  assert.deepEqual(seen, ["b", "a", "b", "b", "a", undefined, "a"]);
  const none = ["none", "a", "-", "none", "-"];
  const back = none.map((word) => (useProfile(terminal, word), profiles().current));
  assert.deepEqual(back, [undefined, "a", undefined, undefined, "a"]);
});

Deno.test("editProfile() changes what is given, and takes out what is empty", async () => {
  const { terminal, profiles, files } = made();
  await assert.rejects(editProfile(terminal, undefined, { namesrv: "a:1" }), { exitCode: 16 });
  await addProfile(terminal, "a", { namesrv: "a:1", namespace: "n", store: "s" });
  await editProfile(terminal, undefined, { namespace: "", outputDefault: "json" });
  assert.deepEqual(profiles().all.get("a"), { namesrv: "a:1", store: "s", output: "json" });
  files.put("key", new TextEncoder().encode("  secret\r\n"));
  await editProfile(terminal, "a", { accessKey: "me", secretKeyFile: "key" });
  assert.equal(profiles().all.get("a")?.secretKey, "secret");
  await assert.rejects(editProfile(terminal, "a", { accessKey: "" }), /go together/);
  await editProfile(terminal, "a", { accessKey: "", secretKey: "" });
  assert.equal(profiles().all.get("a")?.secretKey, undefined);
});

Deno.test("--secret-key-file takes a key from standard input, and nothing that is none", async () => {
  const { terminal, profiles, files } = made();
  const stdin = (text: string) => () => {
    return (async function* () {
      for (const part of [text.slice(0, 3), text.slice(3)]) {
        yield await Promise.resolve(new TextEncoder().encode(part));
      }
    })();
  };
  const options = { accessKey: "me", secretKeyFile: "-" };
  await addProfile({ ...terminal, stdin: stdin("secret\n") }, "a", options);
  assert.equal(profiles().all.get("a")?.secretKey, "secret");
  const refused = async (text: string, says: RegExp) => {
    const read = editProfile({ ...terminal, stdin: stdin(text) }, "a", options);
    await assert.rejects(read, { exitCode: 8, message: says });
  };
  await refused("\n", /it is empty/);
  await refused("x".repeat(5000), /is no key: it has 5000 bytes, limit is 4096/);
  files.put("empty", new Uint8Array());
  await assert.rejects(editProfile(terminal, "a", { secretKeyFile: "empty" }), /"empty" is no key/);
});

Deno.test("removeProfile() removes after a yes", async () => {
  const [no, yes] = [made(false), made(true)];
  for (const { terminal } of [no, yes]) await addProfile(terminal, "a", {});
  await assert.rejects(removeProfile(no.terminal, "a", {}), { exitCode: 32, message: /declined/ });
  assert.equal(no.profiles().all.size, 1);
  await removeProfile(yes.terminal, "a", {});
  assert.deepEqual([yes.profiles().all.size, yes.profiles().current], [0, undefined]);
  await assert.rejects(removeProfile(yes.terminal, "a", { yes: true }), { exitCode: 16 });
});

import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import type { Profile } from "../profile/profile.ts";
import { writeProfiles } from "../profile/profile_file.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { clusterOf, clusterSettings, connectFrom } from "./cluster_option.ts";

const PROD: Profile = {
  namesrv: "prod:1",
  namespace: "shop",
  accessKey: "me",
  secretKey: "key",
  securityToken: "token",
};
const ALL = new Map<string, Profile>([["prod", PROD], ["other", {
  accessKey: "b",
  secretKey: "c",
}]]);

function settled(
  { env = {}, profile, namesrv, current = "prod" }: {
    readonly env?: Record<string, string>;
    readonly profile?: string;
    readonly namesrv?: string;
    readonly current?: string;
  } = {},
) {
  const files = new MemoryFiles();
  const all = { XDG_CONFIG_HOME: "conf", ...env };
  const { terminal, printed } = recordedTerminal({ files, env: all });
  writeProfiles(terminal, { current, all: ALL });
  const under = { ...terminal, ...(profile !== undefined && { profile }) };
  return { settings: () => clusterSettings(under, { namesrv }), under, namesrv, printed };
}

Deno.test("clusterSettings(): who says where the name servers are", () => {
  const check = (given: Parameters<typeof settled>[0], value: string, origin: string) => {
    assert.deepEqual(settled(given).settings().namesrv, { value, origin });
  };
  const env = { MQ_NAMESRV: "env:1", NAMESRV_ADDR: "java:1" };
  check({ env, namesrv: "flag:1" }, "flag:1", "--namesrv");
  check({ env, profile: "prod", namesrv: "flag:1" }, "flag:1", "--namesrv");
  check({ env, profile: "prod" }, "prod:1", "profile prod");
  check({ env, profile: "other" }, "env:1", "MQ_NAMESRV");
  check({ env }, "env:1", "MQ_NAMESRV");
  check({ env: { NAMESRV_ADDR: "java:1" } }, "prod:1", "profile prod");
  check({ env: { NAMESRV_ADDR: "java:1" }, profile: "none" }, "java:1", "NAMESRV_ADDR");
  check({ profile: "none" }, "127.0.0.1:9876", "none is named");
});

Deno.test("clusterSettings(): keys of a profile go to its own cluster, or where it is named", () => {
  const keyFor = (given: Parameters<typeof settled>[0]) => {
    const { accessKey, secretKey, namespace } = settled(given).settings();
    return [accessKey?.value, secretKey?.value, namespace?.value];
  };
  const own = ["me", "key", "shop"];
  assert.deepEqual(keyFor({}), own);
  assert.deepEqual(keyFor({ profile: "prod", namesrv: "flag:1" }), own);
  const nobody = [undefined, undefined, undefined];
  assert.deepEqual(keyFor({ namesrv: "flag:1" }), nobody);
  assert.deepEqual(keyFor({ env: { MQ_NAMESRV: "env:1" } }), nobody);
  assert.deepEqual(keyFor({ current: "other" }), nobody);
  assert.deepEqual(keyFor({ profile: "other" }), ["b", "c", undefined]);
});

Deno.test("clusterSettings(): keys of the environment are taken together", () => {
  const env = { MQ_ACCESS_KEY: "x", MQ_SECRET_KEY: "y" };
  const { accessKey, secretKey, securityToken } = settled({ env }).settings();
  assert.deepEqual([accessKey?.origin, secretKey?.value], ["MQ_ACCESS_KEY", "y"]);
  assert.equal(securityToken, undefined, "not that of the profile");
  assert.throws(settled({ env: { MQ_ACCESS_KEY: "x" } }).settings, { exitCode: 16 });
  assert.throws(settled({ env: { MQ_SECRET_KEY: "x" } }).settings, { exitCode: 16 });
});

Deno.test("clusterSettings() refuses addresses that are none, and says whose they are", () => {
  for (const value of ["here", ";", "a:1;b", "a:70000"]) {
    assert.throws(settled({ env: { MQ_NAMESRV: value } }).settings, {
      exitCode: 16,
      message: `MQ_NAMESRV is "${value}", expected host:port;host:port`,
    });
  }
});

Deno.test("clusterOf() gives what a client is made with, and notes what the line does not say", () => {
  const { under, printed } = settled();
  assert.deepEqual(clusterOf(under, {}), {
    nameServers: ["prod:1"],
    namespace: "shop",
    credentials: { accessKey: "me", secretKey: "key", securityToken: "token" },
  });
  assert.equal(printed().stderr, "mq: using name server prod:1 (profile prod)\n");
  const named = settled({ namesrv: "a:1;b:2" });
  const { nameServers, credentials } = clusterOf(named.under, { namesrv: "a:1;b:2" });
  assert.deepEqual([nameServers, credentials], [["a:1", "b:2"], undefined]);
  assert.equal(named.printed().stderr, "");
});

Deno.test("connectFrom() makes a client that opens nothing", async () => {
  await using client = connectFrom(settled().under, { namesrv: "127.0.0.1:1" });
  assert.match(client.clientId, /@/);
});

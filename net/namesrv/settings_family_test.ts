import assert from "node:assert/strict";
import { Asker } from "../../testdata/asker.ts";
import {
  liveNameServerSettings,
  type NameServerSettings,
  settingsFamily,
} from "./settings_family.ts";

const INITIAL: NameServerSettings = {
  bindAddress: "127.0.0.1",
  kvConfigPath: "",
  listenPort: 0,
  orderMessageEnable: false,
  scanNotActiveBrokerInterval: 5000,
  serverChannelMaxIdleTimeSeconds: 120,
  updateNamesrvConfigEnable: false,
};

function open(initial: Partial<NameServerSettings> = {}) {
  const settings = liveNameServerSettings({ ...INITIAL, ...initial }, { now: () => 0 });
  const asker = new Asker([settingsFamily({ settings, listenPort: () => 9876 })]);
  const update = (text: string) =>
    asker.ask("UPDATE_NAMESRV_CONFIG", { body: new TextEncoder().encode(text) });
  return { settings, asker, update, [Symbol.asyncDispose]: () => asker[Symbol.asyncDispose]() };
}

Deno.test("GET_NAMESRV_CONFIG shows settings as sorted properties text", async () => {
  await using it = open();
  const { body } = await it.asker.ask("GET_NAMESRV_CONFIG");
  assert.equal(
    new TextDecoder().decode(body),
    "bindAddress=127.0.0.1\nkvConfigPath=\nlistenPort=9876\norderMessageEnable=false\n" +
      "scanNotActiveBrokerInterval=5000\nserverChannelMaxIdleTimeSeconds=120\n" +
      "updateNamesrvConfigEnable=false\n",
  );
});

Deno.test("UPDATE_NAMESRV_CONFIG is refused, as the exploits of Java's are", async () => {
  await using it = open();
  const exploits = [
    "",
    "orderMessageEnable=true",
    // CVE-2023-37582: a file of the attacker's choice, with content of his choice.
    "configStorePath=/etc/cron.d/x\nproductEnvName=* * * * * root id\n",
    "updateNamesrvConfigEnable=true",
  ];
  for (const text of exploits) {
    const answer = await it.update(text);
    assert.deepEqual([answer.code, answer.remark], [
      16,
      "Settings cannot be changed over the network: updateNamesrvConfigEnable is not true",
    ]);
  }
  assert.deepEqual(it.settings.current, INITIAL);
});

Deno.test("UPDATE_NAMESRV_CONFIG changes orderMessageEnable where that is opened", async () => {
  await using it = open({ updateNamesrvConfigEnable: true });
  assert.equal((await it.update("orderMessageEnable=true")).code, 0);
  assert.equal(it.settings.current.orderMessageEnable, true);
  for (const text of ["configStorePath=/tmp/x", "kvConfigPath=/tmp/x", "listenPort=1"]) {
    const answer = await it.update(text);
    assert.equal(answer.code, 16);
    assert.match(answer.remark ?? "", /^Cannot change \w+: /);
  }
});

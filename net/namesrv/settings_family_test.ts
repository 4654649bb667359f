import assert from "node:assert/strict";
import { Asker } from "../../testdata/asker.ts";
import { settingsFamily } from "./settings_family.ts";

Deno.test("GET_NAMESRV_CONFIG shows settings as sorted properties text", async () => {
  const settings = () => ({
    listenPort: 9876,
    bindAddress: "127.0.0.1",
    orderMessageEnable: false,
  });
  await using asker = new Asker([settingsFamily({ settings })]);
  const { body } = await asker.ask("GET_NAMESRV_CONFIG");
  assert.equal(
    new TextDecoder().decode(body),
    "bindAddress=127.0.0.1\nlistenPort=9876\norderMessageEnable=false\n",
  );
});

Deno.test("UPDATE_NAMESRV_CONFIG is refused, as the exploits of Java's are", async () => {
  await using asker = new Asker([settingsFamily({ settings: () => ({}) })]);
  for (
    const text of ["", "orderMessageEnable=true", "configStorePath=/etc/cron.d/x\nproductEnvName=x"]
  ) {
    const answer = await asker.ask("UPDATE_NAMESRV_CONFIG", {
      body: new TextEncoder().encode(text),
    });
    assert.deepEqual([answer.code, answer.remark], [
      16,
      "Settings cannot be changed over the network: start the name server with them",
    ]);
  }
});

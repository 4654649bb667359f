import assert from "node:assert/strict";
import { request } from "../wire/command.ts";
import { type Ask, nameServerAddresses, NameServers } from "./name_servers.ts";

const ASKED = { name: "GET_ALL_TOPIC_LIST_FROM_NAMESERVER" } as const;

/** Answers of those that are not in `silent`; `asked` grows. */
function servers(addresses: readonly string[], silent: Set<string>) {
  const asked: string[] = [];
  const ask: Ask = (address) => {
    asked.push(address);
    return silent.has(address)
      ? Promise.reject(new Error(`${address} is silent`))
      : Promise.resolve({ ...request(ASKED.name, { opaque: 0 }), remark: address });
  };
  return { asked, servers: new NameServers(addresses, { ask, timeoutMs: 1000 }) };
}

Deno.test("nameServerAddresses() reads both ways of writing them", () => {
  assert.deepEqual(nameServerAddresses(" a:1; b:2,c:3 ;"), ["a:1", "b:2", "c:3"]);
  assert.deepEqual(nameServerAddresses(["a:1", ""]), ["a:1"]);
  assert.deepEqual(nameServerAddresses("[::1]:9876"), ["[::1]:9876"]);
});

Deno.test("NameServers stays with the one that answered", async () => {
  const silent = new Set(["a", "b"]);
  const it = servers(["a", "b", "c"], silent);
  assert.equal((await it.servers.ask(ASKED)).remark, "c");
  silent.clear();
  assert.equal((await it.servers.ask(ASKED)).remark, "c");
  silent.add("c");
  assert.equal((await it.servers.ask(ASKED)).remark, "a");
  assert.deepEqual(it.asked, ["a", "b", "c", "c", "c", "a"]);
});

Deno.test("NameServers tells why none of them answers, and stops when it is told to", async () => {
  const it = servers(["a", "b"], new Set(["a", "b"]));
  await assert.rejects(it.servers.ask(ASKED), {
    name: "ClientError",
    kind: "name-server",
    message: "No name server answers: a is silent; b is silent",
  });
  const stopped = AbortSignal.abort(new Error("enough"));
  await assert.rejects(it.servers.ask(ASKED, stopped), { message: "enough" });
  assert.deepEqual(it.asked, ["a", "b", "a"]);
});

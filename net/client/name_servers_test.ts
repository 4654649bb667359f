import assert from "node:assert/strict";
import { responseCode } from "../wire/codes.ts";
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

Deno.test("NameServers passes over a broker, and says that it is one where there is no other", async () => {
  const asked: string[] = [];
  const ask: Ask = (address, { name }) => {
    asked.push(address);
    const answer = request(name, { opaque: 0 });
    const code = address === "a:10911"
      ? responseCode("REQUEST_CODE_NOT_SUPPORTED")
      : responseCode("SUCCESS");
    return Promise.resolve({ ...answer, code });
  };
  const of = (addresses: readonly string[]) => new NameServers(addresses, { ask, timeoutMs: 1000 });
  await of(["a:10911", "b:9876"]).ask({ name: "GET_ROUTEINFO_BY_TOPIC" });
  assert.deepEqual(asked, ["a:10911", "b:9876"]);
  await assert.rejects(of(["a:10911"]).ask({ name: "GET_ROUTEINFO_BY_TOPIC" }), {
    kind: "name-server",
    message: "No name server answers: what listens at a:10911 is no name server (it does not " +
      "know GET_ROUTEINFO_BY_TOPIC), this looks like a broker's address; name servers usually " +
      "listen on port 9876",
  });
  // An old name server does not know what was added later.
  const { code } = await of(["a:10911"]).ask({ name: "ADD_WRITE_PERM_OF_BROKER" });
  assert.equal(code, responseCode("REQUEST_CODE_NOT_SUPPORTED"));
});

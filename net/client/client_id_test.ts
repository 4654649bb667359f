import assert from "node:assert/strict";
import net from "node:net";
import process from "node:process";
import { clientId, hostAddress } from "./client_id.ts";

Deno.test("clientId() has address, instance and unit, and no two clients share it", () => {
  assert.equal(net.isIPv4(hostAddress()), true);
  const forbidden = () => {
    throw new Error("Requires sys access");
  };
  assert.equal(hostAddress(forbidden), "127.0.0.1");
  assert.equal(hostAddress(() => ({})), "127.0.0.1");
  assert.equal(clientId({ instanceName: "i" }), `${hostAddress()}@i`);
  assert.equal(clientId({ instanceName: "i", unitName: "u" }), `${hostAddress()}@i@u`);
  const [one, other] = [clientId(), clientId()];
  assert.notEqual(one, other);
  assert.ok(one.startsWith(`${hostAddress()}@${process.pid}#`), one);
});

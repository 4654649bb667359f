import assert from "node:assert/strict";
import { formatAddress, parseAddress } from "./address.ts";

Deno.test("parseAddress() and formatAddress() are inverse for names, IPv4 and IPv6", () => {
  for (
    const text of ["127.0.0.1:9876", "broker-a.local:10911", "[::1]:1", "[fe80::1]:65535", "h:0"]
  ) {
    assert.equal(formatAddress(parseAddress(text)), text);
  }
});

Deno.test("parseAddress() reads an IPv6 address without brackets as Java prints it", () => {
  assert.deepEqual(parseAddress("::1:10911"), { hostname: "::1", port: 10911 });
});

Deno.test("parseAddress() refuses text that is not host:port", () => {
  for (
    const text of [
      "",
      "host",
      ":1",
      "host:",
      "host:65536",
      "host:-1",
      "host:1x",
      "[]:5",
      "host:123456",
    ]
  ) {
    assert.throws(() => parseAddress(text), SyntaxError, text);
  }
});

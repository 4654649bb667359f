import assert from "node:assert/strict";
import { isIPv6 } from "node:net";
import fc from "fast-check";
import { formatHost, hostBytes } from "./host.ts";

Deno.test("formatHost() writes IPv4 with dots", () => {
  assert.equal(
    formatHost({ address: Uint8Array.of(10, 1, 2, 255), port: 50_000 }),
    "10.1.2.255:50000",
  );
});

Deno.test("formatHost() writes IPv6 in the short form of RFC 5952", () => {
  const cases: Readonly<Record<string, string>> = {
    "::": "[::]:1",
    "::1": "[::1]:1",
    "1::": "[1::]:1",
    "2001:db8:0:0:0:0:2:1": "[2001:db8::2:1]:1",
    "2001:db8:0:1:1:1:1:1": "[2001:db8:0:1:1:1:1:1]:1",
    "2001:0:0:1:0:0:0:1": "[2001:0:0:1::1]:1",
    "2001:db8:0:0:1:0:0:1": "[2001:db8::1:0:0:1]:1",
    "2001:DB8::ABCD": "[2001:db8::abcd]:1",
    "64:ff9b::192.0.2.33": "[64:ff9b::c000:221]:1",
    "fe80::1%eth0": "[fe80::1]:1",
    "[::1]": "[::1]:1",
  };
  for (const [ip, text] of Object.entries(cases)) {
    assert.equal(formatHost(hostBytes(ip, 1)), text, ip);
  }
});

Deno.test("hostBytes() takes an IPv4 address inside IPv6 for IPv4", () => {
  assert.deepEqual(hostBytes("::ffff:127.0.0.1", 9), hostBytes("127.0.0.1", 9));
});

Deno.test("hostBytes() refuses what is no numeric address", () => {
  for (const ip of ["", "localhost", "1.2.3", "1.2.3.256", ":::", "1:2:3:4:5:6:7:8:9"]) {
    assert.throws(() => hostBytes(ip, 1), RangeError, ip);
  }
});

Deno.test("hostBytes() gives back the address formatHost() wrote", () => {
  const address = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    // Runs of zeros are what the short form is about.
    fc.array(fc.constantFrom(0, 0, 0, 7), { minLength: 16, maxLength: 16 })
      .map((bytes) => Uint8Array.from(bytes)),
  );
  fc.assert(fc.property(address, (bytes) => {
    const text = formatHost({ address: bytes, port: 10_911 });
    assert(text.endsWith(":10911"));
    const ip = text.slice(0, -":10911".length);
    if (bytes.length === 16) assert(isIPv6(ip.slice(1, -1)));
    assert.deepEqual(hostBytes(ip, 10_911).address, bytes);
  }));
});

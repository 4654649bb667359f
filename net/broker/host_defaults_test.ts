import assert from "node:assert/strict";
import { isIP } from "node:net";
import { chooseAddress, hostDefaults, type InterfaceAddress } from "./host_defaults.ts";

function of(address: string, internal = false): InterfaceAddress {
  return { address, family: isIP(address) === 4 ? "IPv4" : "IPv6", internal };
}

Deno.test("chooseAddress() takes the first address that others can reach, IPv4 before IPv6", () => {
  const loopback = of("127.0.0.1", true);
  const cases: readonly (readonly [readonly InterfaceAddress[], string])[] = [
    [[], "127.0.0.1"],
    [[loopback, of("::1", true)], "127.0.0.1"],
    [[loopback, of("fe80::1")], "127.0.0.1"],
    [[loopback, of("192.168.1.5"), of("172.17.0.1")], "192.168.1.5"],
    [[of("2001:db8::7"), loopback, of("10.0.0.5")], "10.0.0.5"],
    [[of("fe80::1"), of("2001:db8::7"), of("2001:db8::8")], "2001:db8::7"],
  ];
  for (const [addresses, expected] of cases) assert.equal(chooseAddress(addresses), expected);
});

Deno.test("hostDefaults() knows this machine by a name and a numeric address", () => {
  const { hostname, address } = hostDefaults();
  assert.notEqual(hostname, "");
  assert.notEqual(isIP(address), 0, address);
});

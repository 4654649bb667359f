import assert from "node:assert/strict";
import fc from "fast-check";
import { hostBytes } from "./host.ts";
import { formatMessageId, parseMessageId } from "./message_id.ts";

Deno.test("formatMessageId() is Java's offset id", () => {
  const id = "C0A8000900002A9F00000000000000A0";
  assert.equal(formatMessageId(hostBytes("192.168.0.9", 10_911), 160), id);
  assert.equal(
    formatMessageId(hostBytes("::1", 10_911), 38_100),
    "0000000000000000000000000000000100002A9F00000000000094D4",
  );
});

Deno.test("parseMessageId() inverts formatMessageId(), whatever the case", () => {
  const hosts = fc.constantFrom(hostBytes("10.0.0.1", 10_911), hostBytes("2001:db8::9", 65_535));
  fc.assert(fc.property(hosts, fc.maxSafeNat(), (storeHost, physicalOffset) => {
    const id = formatMessageId(storeHost, physicalOffset);
    assert.deepEqual(parseMessageId(id), { storeHost, physicalOffset });
    assert.deepEqual(parseMessageId(id.toLowerCase()), { storeHost, physicalOffset });
  }));
});

Deno.test("parseMessageId() refuses what cannot be one", () => {
  const ids = [
    "",
    "C0A8000900002A9F00000000000000A",
    "C0A8000900002A9F00000000000000A0F",
    "C0A8000900002A9F00000000000000G0",
    // A client's unique key: the last eight bytes are no offset.
    "7F00000155AB4E0E2F2A68FC3EF70000",
  ];
  for (const id of ids) assert.equal(parseMessageId(id), undefined, id);
});

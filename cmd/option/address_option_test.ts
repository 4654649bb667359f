import assert from "node:assert/strict";
import { checkAddresses, parseAddresses, parseHost, parseOneAddress } from "./address_option.ts";

const REFUSED = { code: "commander.invalidArgument" };

Deno.test("parseHost() refuses nothing at all", () => {
  assert.equal(parseHost(" ::1 "), "::1");
  assert.throws(() => parseHost(" "), REFUSED);
});

Deno.test("parseAddresses() reads one address or several", () => {
  for (const text of ["a:1", "a:1;b:2", "a:1 ; [::1]:2;"]) assert.equal(parseAddresses(text), text);
  for (const text of ["", ";", "a", "a:", ":1", "a:65536", "a:1;b", "a:1,b:2:x"]) {
    assert.throws(() => parseAddresses(text), REFUSED, text);
  }
});

Deno.test("parseOneAddress() reads one address", () => {
  for (const text of ["a:1", "[::1]:2"]) assert.equal(parseOneAddress(text), text);
  for (const text of ["", "a", "a:", "a:1;b:2", "a:65536"]) {
    assert.throws(() => parseOneAddress(text), REFUSED, text);
  }
});

Deno.test("checkAddresses() takes none for an answer", () => {
  checkAddresses("");
  checkAddresses("a:1");
  assert.throws(() => checkAddresses("a:1;nope"), SyntaxError);
});

import assert from "node:assert/strict";
import { flawOfName, flawOfProfile, PROFILE_SETTINGS } from "./profile.ts";

Deno.test("flawOfName() takes names that need no quotes and are no words of mq", () => {
  for (const name of ["a", "prod", "eu-1.test_2", "7", "x".repeat(64)]) {
    assert.equal(flawOfName(name), undefined, name);
  }
  for (const name of ["", "-", "-x", ".x", "a b", "a/b", "none", "x".repeat(65), "ü"]) {
    assert.notEqual(flawOfName(name), undefined, name);
  }
});

Deno.test("flawOfProfile() names the setting and its value", () => {
  assert.equal(flawOfProfile({}), undefined);
  assert.equal(flawOfProfile({ namesrv: "a:1; b:2;" }), undefined);
  assert.match(flawOfProfile({ namesrv: "a:1,b" })!, /^namesrv: "a:1,b" is not host:port/);
  assert.match(flawOfProfile({ namesrv: ";" })!, /^namesrv: it is empty/);
  assert.match(flawOfProfile({ output: "help" })!, /^output: "help" is not one of table, json/);
  assert.match(flawOfProfile({ namespace: "a%b" })!, /^namespace: "a%b"/);
  for (const { name } of PROFILE_SETTINGS) {
    assert.equal(flawOfProfile({ [name]: "" }), `${name}: it is empty`);
  }
});

Deno.test("flawOfProfile() wants both keys or none", () => {
  assert.equal(flawOfProfile({ accessKey: "a", secretKey: "b", securityToken: "c" }), undefined);
  assert.match(flawOfProfile({ secretKey: "b" })!, /go together/);
  assert.match(flawOfProfile({ securityToken: "c" })!, /needs accessKey/);
});

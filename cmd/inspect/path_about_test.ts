import assert from "node:assert/strict";
import { pathAbout } from "./path_about.ts";

Deno.test("pathAbout() names what else a path may be, and where an absent one is looked for", () => {
  assert.equal(
    pathAbout("a file"),
    "a store, or a file; default: MQ_STORE, the profile's, ./mq-data",
  );
});

import assert from "node:assert/strict";
import { BODY_FORMS, bodyOption, rawOption, textBodyOption } from "./body_option.ts";

Deno.test("bodyOption() takes the forms of bodies, none by default", () => {
  const option = bodyOption();
  assert.equal(option.attributeName(), "body");
  assert.equal(option.defaultValue, "none");
  assert.deepEqual(option.argChoices, [...BODY_FORMS]);
  assert.equal(textBodyOption().defaultValue, "text");
  assert.equal(rawOption().attributeName(), "raw");
});

import assert from "node:assert/strict";
import { REPLY_BODY, REPLY_HEADER } from "../../testdata/reply_header.ts";
import { PendingReplies } from "./pending_replies.ts";

Deno.test("PendingReplies gives a reply to who waits for it, once", async () => {
  const replies = new PendingReplies();
  const one = replies.wait("c1");
  const other = replies.wait("c2");
  replies.take({ ...REPLY_HEADER, properties: undefined }, REPLY_BODY);
  replies.take(REPLY_HEADER, REPLY_BODY);
  assert.equal((await one.reply).text(), `{"apples":42}`);
  assert.equal(replies.size, 1);
  replies.take(REPLY_HEADER, REPLY_BODY);
  other[Symbol.dispose]();
  one[Symbol.dispose]();
  assert.equal(replies.size, 0);
});

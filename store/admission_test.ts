import assert from "node:assert/strict";
import { Admission } from "./admission.ts";

function door() {
  const told: string[] = [];
  const failures: unknown[] = [];
  const admission = new Admission({
    tell: (text) => void told.push(text),
    onFailure: (error) => failures.push(error),
  });
  return { admission, told, failures };
}

Deno.test("Admission: one lack of room ends, the other still keeps messages out", () => {
  const { admission, told } = door();
  assert(admission.isOpen && admission.isSound);
  admission.diskFull("the disk is 91% full");
  admission.queuesFull(new Error("no space"));
  admission.queuesFull(new Error("no space"));
  admission.diskFull(undefined);
  assert(!admission.isOpen && !admission.isSound);
  assert.equal(admission.refusal().reason, "The store takes no more messages: no space");
  admission.queuesFull(undefined);
  admission.queuesFull(undefined);
  assert(admission.isOpen && admission.isSound);
  assert.equal(told.length, 4, "each change once");
});

Deno.test("Admission: a disk that is nearly full is no fault of what is in the files", () => {
  const { admission, told } = door();
  admission.diskFull("the disk is 91% full");
  assert(!admission.isOpen && admission.isSound);
  assert.deepEqual(told, ["No message is taken: the disk is 91% full"]);
  const { status, stored, reason } = admission.refusal();
  assert.deepEqual([status, stored], ["SERVICE_NOT_AVAILABLE", false]);
  assert.match(reason!, /the disk is 91% full$/);
});

Deno.test("Admission: a failure is told once and never ends", () => {
  const { admission, failures } = door();
  const first = new Error("input/output error");
  admission.fail(first);
  admission.fail(new Error("another"));
  admission.queuesFull(undefined);
  admission.diskFull(undefined);
  assert.deepEqual(failures, [first]);
  assert.equal(admission.failure, first);
  assert(!admission.isOpen && !admission.isSound);
  assert.match(admission.refusal().reason!, /input\/output error$/);
});

Deno.test("Admission: a store that closes says so", () => {
  const { admission } = door();
  admission.isClosing = true;
  assert(!admission.isOpen && admission.isSound);
  assert.match(admission.refusal().reason!, /it is closed$/);
});

import assert from "node:assert/strict";
import { PlainAsyncDisposableStack, PlainDisposableStack } from "./disposable_stack.ts";

// Whatever is said of ours is said of the runtime's too: the tests run on both.
const STACKS = {
  "the runtime's": DisposableStack,
  "the plain": PlainDisposableStack,
};
const ASYNC_STACKS = {
  "the runtime's": AsyncDisposableStack,
  "the plain": PlainAsyncDisposableStack,
};

function ended(log: string[], name: string): Disposable & AsyncDisposable {
  return {
    [Symbol.dispose]: () => void log.push(name),
    async [Symbol.asyncDispose]() {
      await Promise.resolve();
      log.push(`${name} async`);
    },
  };
}

for (const [whose, Stack] of Object.entries(STACKS)) {
  Deno.test(`DisposableStack, ${whose}, ends what it has in reverse and once`, () => {
    const log: string[] = [];
    const stack = new Stack();
    const used = ended(log, "used");
    assert.equal(stack.use(used), used);
    assert.equal(stack.use(undefined), undefined);
    assert.equal(stack.adopt(7, (it) => log.push(`adopted ${it}`)), 7);
    stack.defer(() => log.push("deferred"));
    assert.equal(stack.disposed, false);
    stack.dispose();
    stack[Symbol.dispose]();
    assert.deepEqual(log, ["deferred", "adopted 7", "used"]);
    assert.equal(stack.disposed, true);
    assert.throws(() => stack.defer(() => {}), ReferenceError);
    assert.throws(() => stack.move(), ReferenceError);
    assert.throws(() => new Stack().use({} as Disposable), TypeError);
  });

  Deno.test(`DisposableStack, ${whose}, hands what it has to another`, () => {
    const log: string[] = [];
    const owned = (() => {
      using stack = new Stack();
      stack.use(ended(log, "one"));
      return stack.move();
    })();
    assert.deepEqual([log, owned.disposed], [[], false]);
    owned.dispose();
    assert.deepEqual(log, ["one"]);
  });

  Deno.test(`DisposableStack, ${whose}, goes on after a failure and tells of all`, () => {
    const log: string[] = [];
    const stack = new Stack();
    stack.defer(() => {
      throw new Error("first given");
    });
    stack.use(ended(log, "between"));
    stack.defer(() => {
      throw new Error("last given");
    });
    assert.throws(() => stack.dispose(), (thrown: SuppressedError) => {
      return thrown.name === "SuppressedError" && thrown.error.message === "first given" &&
        thrown.suppressed.message === "last given";
    });
    assert.deepEqual(log, ["between"]);
  });
}

for (const [whose, Stack] of Object.entries(ASYNC_STACKS)) {
  Deno.test(`AsyncDisposableStack, ${whose}, waits for each end, last one first`, async () => {
    const log: string[] = [];
    const stack = new Stack();
    stack.use(ended(log, "used"));
    stack.use(null);
    stack.use({ [Symbol.dispose]: () => void log.push("plain") });
    stack.adopt("it", async (it) => {
      await Promise.resolve();
      log.push(`adopted ${it}`);
    });
    stack.defer(() => void log.push("deferred"));
    await stack.disposeAsync();
    await stack[Symbol.asyncDispose]();
    assert.deepEqual(log, ["deferred", "adopted it", "plain", "used async"]);
    assert.equal(stack.disposed, true);
    assert.throws(() => stack.use(ended(log, "late")), ReferenceError);
  });

  Deno.test(`AsyncDisposableStack, ${whose}, hands over, fails late and tells of all`, async () => {
    const log: string[] = [];
    const open = async () => {
      await using stack = new Stack();
      stack.use(ended(log, "one"));
      stack.defer(() => Promise.reject(new Error("rejected")));
      return stack.move();
    };
    const owned = await open();
    assert.deepEqual(log, []);
    await assert.rejects(owned.disposeAsync(), { message: "rejected" });
    assert.deepEqual(log, ["one async"]);
    const both = new Stack();
    both.defer(() => Promise.reject(new Error("one")));
    both.defer(() => Promise.reject(new Error("two")));
    await assert.rejects(both.disposeAsync(), (thrown: SuppressedError) => {
      return thrown.error.message === "one" && thrown.suppressed.message === "two";
    });
  });
}

import assert from "node:assert/strict";
import { Asker } from "../../testdata/asker.ts";
import { ManualClock } from "../../testdata/manual_clock.ts";
import { FILTER_SERVER_EXPIRY_MS, filterServerFamily, FilterServers } from "./filter_servers.ts";

class FakeConnection {
  isClosed = false;

  close(): void {
    this.isClosed = true;
  }
}

Deno.test("FilterServers has those that registered, each address once, until they leave", () => {
  const servers = new FilterServers({ now: () => 0 });
  const [one, two] = [new FakeConnection(), new FakeConnection()];
  assert.equal(servers.register(one, "10.0.0.1:7"), true);
  assert.equal(servers.register(one, "10.0.0.1:7"), false);
  assert.equal(servers.register(two, "10.0.0.1:7"), false);
  assert.deepEqual(servers.addrs, ["10.0.0.1:7"]);
  servers.register(two, "10.0.0.2:7");
  assert.deepEqual(servers.addrs, ["10.0.0.1:7", "10.0.0.2:7"]);
  servers.connectionClosed(one);
  servers.connectionClosed(new FakeConnection());
  assert.deepEqual(servers.addrs, ["10.0.0.2:7"]);
});

Deno.test("FilterServers closes connections on which nothing came for half a minute", () => {
  const clock = new ManualClock(1000);
  const servers = new FilterServers(clock);
  const [quiet, alive] = [new FakeConnection(), new FakeConnection()];
  servers.register(quiet, "10.0.0.1:7");
  clock.advance(1);
  servers.register(alive, "10.0.0.2:7");
  clock.advance(FILTER_SERVER_EXPIRY_MS - 1);
  servers.expire();
  assert.deepEqual(servers.addrs, ["10.0.0.1:7", "10.0.0.2:7"]);
  clock.advance(1);
  servers.expire();
  assert.deepEqual(servers.addrs, ["10.0.0.2:7"]);
  assert.deepEqual([quiet.isClosed, alive.isClosed], [true, false]);
});

Deno.test("REGISTER_FILTER_SERVER is answered with the broker, and told to name servers once", async () => {
  const filterServers = new FilterServers({ now: () => 0 });
  let announced = 0;
  const announce = () => Promise.resolve(void announced++);
  const config = { brokerName: "broker-a", brokerId: 0 };
  await using client = new Asker([filterServerFamily({ config, filterServers, announce })]);
  const extFields = { filterServerAddr: "10.0.0.1:7" };
  for (let time = 0; time < 2; time++) {
    const answer = await client.ask("REGISTER_FILTER_SERVER", { extFields });
    assert.deepEqual([answer.code, answer.extFields], [0, {
      brokerName: "broker-a",
      brokerId: "0",
    }]);
  }
  assert.equal(announced, 1);
  assert.deepEqual(filterServers.addrs, ["10.0.0.1:7"]);
});

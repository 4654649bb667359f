/**
 * Requests that bring messages are refused while the disk does not keep up, so that producers go to
 * another broker instead of waiting for this one (Java: `SendMessageProcessor.rejectRequest`).
 *
 * Java counts how long its page cache is locked and how long requests wait in queues. Here a request
 * is served in the turn of the event loop in which it is read, so it waits for nothing but the disk:
 * with `SYNC_FLUSH` for the sync that is under way. One that takes longer than
 * `osPageCacheBusyTimeOutMills` closes the door until it has ended.
 *
 * @module
 */

import type { Store } from "../../store/store.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family, Route } from "../rpc/routes.ts";
import type { BrokerConfig } from "./broker_config.ts";

/** What decides. */
export interface FlowControlInput {
  readonly config: Pick<BrokerConfig, "flushDiskType" | "osPageCacheBusyTimeOutMills">;
  readonly store: Pick<Store, "syncingMs">;
}

/** Java's words, which operators search for. */
const BUSY = "[REJECTREQUEST]system busy, start flow control for a while";

/** Whether answers wait for a sync that takes too long. */
export function isDiskBusy({ config, store }: FlowControlInput): boolean {
  return config.flushDiskType === "SYNC_FLUSH" &&
    store.syncingMs > config.osPageCacheBusyTimeOutMills;
}

/** The handlers of a family, refusing with SYSTEM_BUSY while the disk does not keep up. */
export function flowControlled(input: FlowControlInput, family: Family): Family {
  const guarded = Object.entries(family).map(([name, handle]) => {
    const serve = handle as Route["handle"];
    const handler: Route["handle"] = (call) => {
      if (isDiskBusy(input)) throw new Refusal("SYSTEM_BUSY", BUSY);
      return serve(call);
    };
    return [name, handler];
  });
  return Object.fromEntries(guarded);
}

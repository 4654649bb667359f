/**
 * Whether a cluster has brokers at all: where none is left, nothing is listed, and that would read as
 * if nothing had ever been there.
 *
 * @module
 */
import type { Admin } from "../../net/client/admin/admin.ts";
import { Failure } from "../failure.ts";

/** Throws a failure where the name server knows no broker. */
export async function requireBroker(admin: Pick<Admin, "clusterInfo">): Promise<void> {
  if ((await admin.clusterInfo()).length === 0) throw noBroker();
}

/** That there is no broker to ask. */
export function noBroker(): Failure {
  return new Failure("There is no broker: the name server knows none, or none any more");
}

/**
 * Addresses on the command line.
 *
 * @module
 */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { nameServersOf } from "../../net/broker/registration.ts";
import { parseAddress } from "../../net/rpc/address.ts";

/** Reads the name of this machine, or one of its addresses, to listen on. */
export function parseHost(text: string): string {
  if (text.trim() !== "") return text.trim();
  throw new InvalidArgumentError("It must not be empty.");
}

/** Reads one `host:port`. */
export function parseOneAddress(text: string): string {
  const [address = "", ...more] = nameServersOf(text);
  try {
    parseAddress(address);
    if (more.length === 0) return address;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError("It must be host:port.");
}

/** Reads `host:port;host:port`, and leaves it as it is. */
export function parseAddresses(text: string): string {
  try {
    checkAddresses(text);
  } catch {
    throw new InvalidArgumentError("It must be host:port;host:port.");
  }
  if (nameServersOf(text).length > 0) return text;
  throw new InvalidArgumentError("It must not be empty.");
}

/**
 * Looks whether a text is `host:port;host:port`, or empty.
 *
 * @throws {SyntaxError} if one of the addresses is none.
 */
export function checkAddresses(text: string): void {
  for (const address of nameServersOf(text)) parseAddress(address);
}

/**
 * A ring of hashes on which nodes and keys lie, as Java's clients make it (Java:
 * `ConsistentHashRouter`).
 *
 * @module
 */

import { hash } from "node:crypto";

/** Hashes in order, and the node at each. */
export interface ConsistentRing {
  readonly hashes: readonly number[];
  readonly nodes: readonly string[];
}

/**
 * Puts every node at `places` places. Of two at one place the later counts; a node that is named
 * again gets further places.
 */
export function consistentRing(nodes: readonly string[], places: number): ConsistentRing {
  const byHash = new Map<number, string>();
  const seen = new Set<string>();
  for (const node of nodes) {
    const first = seen.has(node) ? [...byHash.values()].filter((it) => it === node).length : 0;
    seen.add(node);
    for (let place = 0; place < places; place++) {
      byHash.set(hashOf(`${node}-${first + place}`), node);
    }
  }
  const entries = [...byHash].sort(([one], [other]) => one - other);
  return { hashes: entries.map(([hash]) => hash), nodes: entries.map(([, node]) => node) };
}

/** The node at the key's hash or the next after it, round the end; none on an empty ring. */
export function consistentNode({ hashes, nodes }: ConsistentRing, key: string): string | undefined {
  const wanted = hashOf(key);
  let from = 0;
  let to = hashes.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (hashes[middle]! < wanted) from = middle + 1;
    else to = middle;
  }
  return nodes[from] ?? nodes[0];
}

/** The first four bytes of the MD5. */
function hashOf(text: string): number {
  return parseInt(hash("md5", text).slice(0, 8), 16);
}

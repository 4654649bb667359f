/**
 * `--filter` and `--sql`: which messages of a topic are wanted, decided by the broker.
 *
 * @module
 */
import { usageFailure } from "../failure.ts";

/** The two options, of which at most one is given. */
export interface FilterOptions {
  /** Tags, such as `paid || shipped`. */
  readonly filter?: string | undefined;
  /** An SQL92 expression. */
  readonly sql?: string | undefined;
}

/** What a client is given. Throws a usage failure where both are given, or one is empty. */
export function filterOf({ filter, sql }: FilterOptions): string | { readonly sql: string } {
  if (filter !== undefined && sql !== undefined) {
    throw usageFailure("--filter and --sql exclude each other");
  }
  if (sql?.trim() === "") throw usageFailure("--sql is empty");
  if (filter?.trim() === "") throw usageFailure("--filter is empty; without it all are taken");
  return sql === undefined ? filter ?? "*" : { sql };
}

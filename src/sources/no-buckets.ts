import { DeployImpactError } from "../core/errors.ts";
import { KINDS } from "../core/plan.ts";
import type { SeriesQuery } from "./contract.ts";

/** What a source without histogram buckets can read. */
export const KINDS_WITHOUT_BUCKETS = KINDS.filter((kind) => kind !== "quantile");

/** Refuses an SLI of buckets; `instead` says how the query asks for a percentile. */
export function requireNoBuckets(
  { kind, sli }: Pick<SeriesQuery, "kind" | "sli">,
  server: string,
  instead: string,
): void {
  if (kind !== "quantile") return;
  throw new DeployImpactError("CONFIG_INVALID", `${server} gives no buckets, which SLI ${sli} asks for.`, {
    hint: `Write \`kind: gauge\` and let the query ask for the percentile: ${instead}.`,
  });
}

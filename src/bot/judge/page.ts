import type { Analysis } from "../store/analyses.ts";

/** Where the whole story of one analysis is shown; null: the bot has no public address. */
export function analysisPage(publicUrl: string | null, { id, tenant }: Pick<Analysis, "id" | "tenant">): string | null {
  return publicUrl === null ? null : `${publicUrl}/${tenant.repository}/analyses/${id}`;
}

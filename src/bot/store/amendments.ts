import { z } from "zod";
import type { PlanAmendment } from "../../report/amendments.ts";
import type { Tenant } from "../tenant.ts";
import type { Database } from "./database.ts";
import { dateOf } from "./values.ts";

/** A change of a plan after it was announced: what the report says of it, and which request it came from. */
export interface NewAmendment {
  readonly analysisId: string;
  readonly amendment: PlanAmendment;
  /** The comment, the click or the delivery that asked for it; the same one never counts twice. */
  readonly origin: string;
}

/** True when it is new; false when the same request was written down before, or the analysis is not this tenant's. */
export async function addAmendment(
  database: Database,
  tenant: Tenant,
  { analysisId, amendment, origin }: NewAmendment,
): Promise<boolean> {
  const { kind, actor, at, ...detail } = amendment;
  const rows = await database.query<{ id: string }>(
    `insert into amendments (analysis_id, kind, actor, detail, origin, at)
     select id, $4, $5, $6::jsonb, $7, $8 from analyses
     where id = $1 and installation_id = $2 and repository_id = $3
     on conflict (analysis_id, origin) do nothing
     returning id`,
    [analysisId, tenant.installationId, tenant.repositoryId, kind, actor, JSON.stringify(detail), origin, dateOf(at)],
  );
  return rows.length > 0;
}

interface Row {
  readonly kind: string;
  readonly actor: string;
  readonly detail: unknown;
  readonly at: Date;
}

/** Oldest first. */
export async function amendmentsOf(database: Database, tenant: Tenant, analysisId: string): Promise<PlanAmendment[]> {
  const rows = await database.query<Row>(
    `select amendments.kind, amendments.actor, amendments.detail, amendments.at
     from amendments join analyses on analyses.id = amendments.analysis_id
     where analyses.id = $1 and analyses.installation_id = $2 and analyses.repository_id = $3
     order by amendments.at, amendments.id`,
    [analysisId, tenant.installationId, tenant.repositoryId],
  );
  return rows.map((row) =>
    amendmentSchema.parse({
      ...detailSchema.parse(row.detail),
      kind: row.kind,
      actor: row.actor,
      at: row.at.getTime() / 1000,
    }),
  );
}

const detailSchema = z.record(z.string(), z.unknown());

const made = { actor: z.string(), at: z.number() };

const amendmentSchema: z.ZodType<PlanAmendment> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("extend"), ...made, from: z.number(), to: z.number(), sawResult: z.boolean() }),
  z.object({ kind: z.literal("acknowledge"), ...made, reason: z.string() }),
  z.object({ kind: z.literal("rerun"), ...made }),
  z.object({ kind: z.literal("late"), ...made, seconds: z.number() }),
  z.object({
    kind: z.literal("config-changed"),
    ...made,
    from: z.string().nullable(),
    to: z.string().nullable(),
  }),
]);

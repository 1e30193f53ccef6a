import { z } from "zod";
import { detailSchema, type ReactionDetail } from "../react/detail.ts";
import type { Tenant, TenantRepository } from "../tenant.ts";
import type { Database } from "./database.ts";
import { dateOf, secondsOf } from "./values.ts";

/**
 * `planned -> sending -> sent | failed | unknown`. `awaiting-click` becomes `planned` when a person confirms; `dry-run`
 * and `limited` are ends. `unknown`: it was being sent when something broke, and the other end cannot be asked.
 */
export type ReactionState =
  | "planned"
  | "awaiting-click"
  | "dry-run"
  | "sending"
  | "sent"
  | "failed"
  | "unknown"
  | "limited";

export type ReactionKind = "webhook" | "slack" | "pagerduty" | "github-issue" | "rollback" | "resolve";

/** Instants are epoch seconds. */
export interface Reaction {
  readonly id: string;
  readonly verdictId: string;
  readonly tenant: TenantRepository;
  readonly environment: string;
  readonly kind: ReactionKind;
  readonly state: ReactionState;
  readonly detail: ReactionDetail;
  readonly attempts: number;
  readonly url: string | null;
  readonly error: string | null;
  readonly createdAt: number;
  readonly sentAt: number | null;
}

export interface NewReaction {
  readonly verdictId: string;
  readonly environment: string;
  readonly kind: ReactionKind;
  /** What is done at most once. */
  readonly key: string;
  readonly state: "planned" | "awaiting-click" | "dry-run" | "limited";
  readonly detail: ReactionDetail;
  readonly at: number;
}

/** Its id; null when it was planned before, or the verdict is not this tenant's. */
export async function addReaction(database: Database, tenant: Tenant, given: NewReaction): Promise<string | null> {
  const rows = await database.query<{ id: string }>(
    `insert into reactions (verdict_id, installation_id, repository_id, environment, kind, key, state, detail, created_at)
     select id, installation_id, repository_id, $4, $5, $6, $7, $8::jsonb, $9 from verdicts
     where id = $1 and installation_id = $2 and repository_id = $3
     on conflict (key) do nothing
     returning id`,
    [
      given.verdictId,
      tenant.installationId,
      tenant.repositoryId,
      given.environment,
      given.kind,
      given.key,
      given.state,
      JSON.stringify(given.detail),
      dateOf(given.at),
    ],
  );
  return rows[0]?.id ?? null;
}

/** One at a time plans for an environment, so that no limit is passed by two at once. Ends with the transaction. */
export async function holdEnvironment(inside: Database, tenant: Tenant, environment: string): Promise<void> {
  await inside.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [
    `reactions ${tenant.repositoryId} ${environment}`,
  ]);
}

/** How many of one entry of the config count against its limit since a moment. */
export async function countReactions(
  database: Database,
  tenant: Tenant,
  { environment, entry, since }: { readonly environment: string; readonly entry: string; readonly since: number },
): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `select count(*)::int as count from reactions
     where installation_id = $1 and repository_id = $2 and environment = $3 and detail->>'entry' = $4
       and state in ('planned', 'sending', 'sent', 'unknown') and created_at > $5`,
    [tenant.installationId, tenant.repositoryId, environment, entry, dateOf(since)],
  );
  return row?.count ?? 0;
}

const SELECT = `select reactions.id, reactions.verdict_id, reactions.installation_id, reactions.repository_id,
    reactions.environment, reactions.kind, reactions.state, reactions.detail, reactions.attempts, reactions.url,
    reactions.error, reactions.created_at, reactions.sent_at, repositories.full_name, repositories.is_private
  from reactions join repositories on repositories.id = reactions.repository_id
    and repositories.installation_id = reactions.installation_id`;

/** The id comes from a job, and the row says whose it is. null: it is gone. */
export async function loadReaction(database: Database, id: string): Promise<Reaction | null> {
  const [row] = await database.query<Row>(`${SELECT} where reactions.id = $1`, [id]);
  return row === undefined ? null : reactionOf(row);
}

const OF_TENANT = "reactions.installation_id = $1 and reactions.repository_id = $2";

/** Oldest first. */
export async function reactionsOf(database: Database, tenant: Tenant, verdictId: string): Promise<Reaction[]> {
  if (!z.uuid().safeParse(verdictId).success) return [];
  const sql = `${SELECT} where ${OF_TENANT} and reactions.verdict_id = $3
     order by reactions.created_at, reactions.kind = 'rollback', reactions.kind, reactions.key`;
  return (await database.query<Row>(sql, [tenant.installationId, tenant.repositoryId, verdictId])).map(reactionOf);
}

/** The rollback of an analysis, whichever of its verdicts planned it; null: there is none. */
export async function rollbackOf(database: Database, tenant: Tenant, analysisId: string): Promise<Reaction | null> {
  const [row] = await database.query<Row>(
    `${SELECT} join verdicts on verdicts.id = reactions.verdict_id
     where ${OF_TENANT} and verdicts.analysis_id = $3 and reactions.kind = 'rollback'
     order by reactions.created_at desc limit 1`,
    [tenant.installationId, tenant.repositoryId, analysisId],
  );
  return row === undefined ? null : reactionOf(row);
}

/** Pages of an environment that were not taken back, for deploys up to `deployedAt` of nothing but these services. */
export async function openPages(
  database: Database,
  tenant: Tenant,
  {
    environment,
    deployedAt,
    services,
  }: { readonly environment: string; readonly deployedAt: number; readonly services: readonly string[] },
): Promise<Reaction[]> {
  const rows = await database.query<Row>(
    `${SELECT} join verdicts on verdicts.id = reactions.verdict_id
     where ${OF_TENANT} and reactions.environment = $3 and reactions.kind = 'pagerduty'
       and reactions.state in ('sent', 'unknown') and verdicts.deployed_at <= $4
       and verdicts.services <@ $5::text[]
       and not exists (select 1 from reactions as resolving where resolving.key = reactions.id || ':resolve')
     order by reactions.created_at limit 100`,
    [tenant.installationId, tenant.repositoryId, environment, dateOf(deployedAt), [...services]],
  );
  return rows.map(reactionOf);
}

export interface ReactionMove {
  readonly to: ReactionState;
  readonly detail?: ReactionDetail;
  readonly attempts?: number;
  readonly url?: string | null;
  readonly error?: string | null;
  readonly sentAt?: number;
}

/** From one state to the next; false when it is no longer there: somebody else moved it. */
export async function moveReaction(
  database: Database,
  { id, tenant }: Pick<Reaction, "id" | "tenant">,
  from: ReactionState,
  move: ReactionMove,
): Promise<boolean> {
  const rows = await database.query(
    `update reactions set state = $5, detail = coalesce($6::jsonb, detail), attempts = coalesce($7, attempts),
       url = coalesce($8, url), error = $9, sent_at = coalesce($10, sent_at)
     where id = $1 and installation_id = $2 and repository_id = $3 and state = $4
     returning id`,
    [
      id,
      tenant.installationId,
      tenant.repositoryId,
      from,
      move.to,
      move.detail === undefined ? null : JSON.stringify(move.detail),
      move.attempts ?? null,
      move.url ?? null,
      move.error ?? null,
      move.sentAt === undefined ? null : dateOf(move.sentAt),
    ],
  );
  return rows.length > 0;
}

interface Row {
  readonly id: string;
  readonly verdict_id: string;
  readonly installation_id: number;
  readonly repository_id: number;
  readonly full_name: string;
  readonly is_private: boolean;
  readonly environment: string;
  readonly kind: ReactionKind;
  readonly state: ReactionState;
  readonly detail: unknown;
  readonly attempts: number;
  readonly url: string | null;
  readonly error: string | null;
  readonly created_at: Date;
  readonly sent_at: Date | null;
}

function reactionOf(row: Row): Reaction {
  return {
    id: row.id,
    verdictId: row.verdict_id,
    tenant: {
      installationId: row.installation_id,
      repositoryId: row.repository_id,
      repository: row.full_name,
      isPrivate: row.is_private,
    },
    environment: row.environment,
    kind: row.kind,
    state: row.state,
    detail: detailSchema.parse(row.detail),
    attempts: row.attempts,
    url: row.url,
    error: row.error,
    createdAt: row.created_at.getTime() / 1000,
    sentAt: secondsOf(row.sent_at),
  };
}

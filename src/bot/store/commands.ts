import type { Tenant } from "../tenant.ts";
import type { Database } from "./database.ts";
import { dateOf } from "./values.ts";

/** Something that a person asked for in a comment or by a button. */
export interface AskedCommand {
  /** Number of the pull request or issue; null: a button. */
  readonly issue: number | null;
  /** The comment or the click. */
  readonly origin: string;
  readonly actor: string;
  /** Its name; never what was written around it. */
  readonly command: string;
  /** Epoch seconds. */
  readonly at: number;
}

export interface ClaimedCommand {
  readonly id: string;
  /** An earlier try died while it worked on this. */
  readonly isRepeated: boolean;
}

/** null: it was answered before, and a redelivery changes nothing. */
export async function claimCommand(
  database: Database,
  tenant: Tenant,
  { issue, origin, actor, command, at }: AskedCommand,
): Promise<ClaimedCommand | null> {
  const [added] = await database.query<{ id: string }>(
    `insert into commands (installation_id, repository_id, issue, origin, actor, command, at)
     select $1, id, $3, $4, $5, $6, $7 from repositories where id = $2 and installation_id = $1
     on conflict (repository_id, origin) do nothing
     returning id`,
    [tenant.installationId, tenant.repositoryId, issue, origin, actor, command, dateOf(at)],
  );
  if (added !== undefined) return { id: added.id, isRepeated: false };
  const [known] = await database.query<{ id: string }>(
    `select id from commands
     where installation_id = $1 and repository_id = $2 and origin = $3 and outcome is null`,
    [tenant.installationId, tenant.repositoryId, origin],
  );
  return known === undefined ? null : { id: known.id, isRepeated: true };
}

export async function finishCommand(
  database: Database,
  tenant: Tenant,
  id: string,
  { outcome, answered }: { readonly outcome: string; readonly answered: boolean },
): Promise<void> {
  await database.query(
    `update commands set outcome = $4, answered = $5
     where id = $1 and installation_id = $2 and repository_id = $3`,
    [id, tenant.installationId, tenant.repositoryId, outcome, answered],
  );
}

export interface Traffic {
  /** Commands of this person here that were looked at. */
  readonly byActor: number;
  /** Commands of everybody who may give them. */
  readonly accepted: number;
  /** Comments of ours that answered. */
  readonly answers: number;
}

/** What happened on one conversation since a moment, this command not counted. */
export async function trafficOn(
  database: Database,
  tenant: Tenant,
  {
    issue,
    actor,
    since,
    but,
  }: { readonly issue: number; readonly actor: string; readonly since: number; readonly but: string },
): Promise<Traffic> {
  const [row] = await database.query<{ by_actor: number; accepted: number; answers: number }>(
    `select count(*) filter (where actor = $4 and outcome is distinct from 'limited')::int as by_actor,
       count(*) filter (where outcome is null or outcome not in ('refused', 'limited'))::int as accepted,
       count(*) filter (where answered)::int as answers
     from commands
     where installation_id = $1 and repository_id = $2 and issue = $3 and at > $5 and id <> $6`,
    [tenant.installationId, tenant.repositoryId, issue, actor, dateOf(since), but],
  );
  return { byActor: row?.by_actor ?? 0, accepted: row?.accepted ?? 0, answers: row?.answers ?? 0 };
}

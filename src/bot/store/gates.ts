import type { Tenant, TenantRepository } from "../tenant.ts";
import type { Database, Parameter } from "./database.ts";
import { dateOf, secondsOf } from "./values.ts";

export type GateState = "waiting" | "approved" | "rejected" | "left-to-people" | "expired";
export type GateDecision = "approved" | "rejected";

/** One deployment protection rule that GitHub asked us about. Instants are epoch seconds. */
export interface Gate {
  readonly id: string;
  readonly tenant: TenantRepository;
  readonly runId: number;
  /** What opens when it is approved. */
  readonly environment: string;
  readonly sha: string;
  readonly state: GateState;
  /** The environment whose verdict it asks for; null: the config was not read yet. */
  readonly watches: string | null;
  readonly analysisId: string | null;
  readonly decision: GateDecision | null;
  readonly reports: number;
  readonly lastReport: string | null;
  readonly reportedAt: number | null;
  readonly failingSince: number | null;
  /** What was said last about it, or is about to be said with the decision. */
  readonly reason: string | null;
  readonly requestedAt: number;
  readonly deadline: number;
}

/** States in which a verdict can still decide. */
const OPEN = "('waiting', 'left-to-people')";

export interface GateRequest {
  readonly runId: number;
  readonly environment: string;
  /** null: GitHub named none. */
  readonly deploymentId: number | null;
  readonly sha: string;
  readonly requestedAt: number;
  readonly deadline: number;
}

/**
 * The gate's id when there is something to do; null when the same question was asked before. Another attempt of the
 * same run is a new question: its deployment has another id, or the earlier one has its answer.
 */
export async function requestGate(database: Database, tenant: Tenant, request: GateRequest): Promise<string | null> {
  const rows = await database.query<{ id: string }>(
    `insert into gates
       (installation_id, repository_id, run_id, environment, deployment_id, sha, state, requested_at, deadline, next_at)
     values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $7)
     on conflict (repository_id, run_id, environment) do update set
       installation_id = excluded.installation_id, deployment_id = excluded.deployment_id, sha = excluded.sha,
       state = 'waiting', watches = null, analysis_id = null, decision = null, reports = 0, last_report = null,
       reported_at = null, failing_since = null, reason = null, requested_at = excluded.requested_at,
       deadline = excluded.deadline, next_at = excluded.next_at, decided_at = null
     where gates.deployment_id is distinct from excluded.deployment_id
        or (excluded.deployment_id is null and gates.state not in ${OPEN})
     returning id`,
    [
      tenant.installationId,
      tenant.repositoryId,
      request.runId,
      request.environment,
      request.deploymentId,
      request.sha,
      dateOf(request.requestedAt),
      dateOf(request.deadline),
    ],
  );
  return rows[0]?.id ?? null;
}

interface Row {
  readonly id: string;
  readonly installation_id: number;
  readonly repository_id: number;
  readonly full_name: string;
  readonly is_private: boolean;
  readonly run_id: number;
  readonly environment: string;
  readonly sha: string;
  readonly state: GateState;
  readonly watches: string | null;
  readonly analysis_id: string | null;
  readonly decision: GateDecision | null;
  readonly reports: number;
  readonly last_report: string | null;
  readonly reported_at: Date | null;
  readonly failing_since: Date | null;
  readonly reason: string | null;
  readonly requested_at: Date;
  readonly deadline: Date;
}

/** null: it is gone, with its repository. The id comes from a job, and the row says whose it is. */
export async function loadGate(database: Database, id: string): Promise<Gate | null> {
  const [row] = await database.query<Row>(
    `select gates.*, repositories.full_name, repositories.is_private
     from gates join repositories on repositories.id = gates.repository_id
       and repositories.installation_id = gates.installation_id
     where gates.id = $1`,
    [id],
  );
  return row === undefined ? null : gateOf(row);
}

function gateOf(row: Row): Gate {
  return {
    id: row.id,
    tenant: {
      installationId: row.installation_id,
      repositoryId: row.repository_id,
      repository: row.full_name,
      isPrivate: row.is_private,
    },
    runId: row.run_id,
    environment: row.environment,
    sha: row.sha,
    state: row.state,
    watches: row.watches,
    analysisId: row.analysis_id,
    decision: row.decision,
    reports: row.reports,
    lastReport: row.last_report,
    reportedAt: secondsOf(row.reported_at),
    failingSince: secondsOf(row.failing_since),
    reason: row.reason,
    requestedAt: row.requested_at.getTime() / 1000,
    deadline: row.deadline.getTime() / 1000,
  };
}

/** What the next look needs to know; only while the gate is open. */
export interface GateProgress {
  readonly watches: string | null;
  readonly analysisId: string | null;
  readonly failingSince: number | null;
  readonly nextAt: number;
  /** Why it waits, or what people have to decide. */
  readonly reason: string;
  readonly state: "waiting" | "left-to-people";
}

export async function keepGateOpen(database: Database, gate: Gate, progress: GateProgress): Promise<void> {
  await database.query(
    `update gates set watches = $4, analysis_id = $5, failing_since = $6, next_at = $7, reason = $8, state = $9
     where ${OWN} and state in ${OPEN}`,
    [
      ...ownOf(gate),
      progress.watches,
      progress.analysisId,
      progress.failingSince === null ? null : dateOf(progress.failingSince),
      dateOf(progress.nextAt),
      progress.reason,
      progress.state,
    ],
  );
}

/**
 * Takes one of the ten status reports before it is sent: true for exactly one of several workers that saw the same
 * count. A report that is lost by a crash is lost; the count never exceeds what GitHub takes.
 */
export async function takeReport(
  database: Database,
  gate: Pick<Gate, "id" | "tenant" | "reports">,
  report: { readonly text: string; readonly at: number },
): Promise<boolean> {
  const rows = await database.query<{ id: string }>(
    `update gates set reports = reports + 1, last_report = $5, reported_at = $6
     where ${OWN} and state in ${OPEN} and reports = $4
     returning id`,
    [...ownOf(gate), gate.reports, report.text, dateOf(report.at)],
  );
  return rows.length > 0;
}

/** Writes the decision down before it is sent. The first one stands, so that a second try sends the same. */
export async function intendDecision(
  database: Database,
  gate: Gate,
  intended: { readonly decision: GateDecision; readonly reason: string },
): Promise<{ readonly decision: GateDecision; readonly reason: string } | null> {
  const [row] = await database.query<{ decision: GateDecision; reason: string }>(
    `update gates set reason = case when decision is null then $5 else reason end, decision = coalesce(decision, $4)
     where ${OWN} and state in ${OPEN}
     returning decision, reason`,
    [...ownOf(gate), intended.decision, intended.reason],
  );
  return row ?? null;
}

export async function closeGate(
  database: Database,
  gate: Gate,
  end: { readonly state: "approved" | "rejected" | "expired"; readonly at: number; readonly reason?: string },
): Promise<void> {
  await database.query(
    `update gates set state = $4, decided_at = $5, next_at = null, reason = coalesce($6, reason)
     where ${OWN} and state in ${OPEN}`,
    [...ownOf(gate), end.state, dateOf(end.at), end.reason ?? null],
  );
}

export interface GateToWake {
  readonly id: string;
}

/**
 * Gates that a new verdict in `environment` may decide: they watch it, or have not read their config yet. Not filtered
 * by commit, because a gate may wait for the deployment that carries its commit.
 */
export async function gatesWaitingFor(
  database: Database,
  tenant: Tenant,
  environment: string,
): Promise<readonly GateToWake[]> {
  return database.query<GateToWake>(
    `select id from gates
     where installation_id = $1 and repository_id = $2 and state in ${OPEN} and (watches = $3 or watches is null)
     order by requested_at`,
    [tenant.installationId, tenant.repositoryId, environment],
  );
}

export interface OverdueGate extends GateToWake {
  readonly installationId: number;
}

/** Gates whose job was lost: due since `before` and still open. For housekeeping, over all tenants; a suspended one is not due. */
export async function overdueGates(database: Database, before: number, most: number): Promise<readonly OverdueGate[]> {
  const rows = await database.query<{ id: string; installation_id: number }>(
    `select gates.id, gates.installation_id
     from gates join installations on installations.id = gates.installation_id
     where gates.state in ${OPEN} and gates.next_at < $1 and installations.suspended_at is null
     order by gates.next_at limit $2`,
    [dateOf(before), most],
  );
  return rows.map((row) => ({ id: row.id, installationId: row.installation_id }));
}

const OWN = "id = $1 and installation_id = $2 and repository_id = $3";

function ownOf({ id, tenant }: Pick<Gate, "id" | "tenant">): readonly Parameter[] {
  return [id, tenant.installationId, tenant.repositoryId];
}

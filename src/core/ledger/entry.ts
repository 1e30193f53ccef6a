import type { Design, Direction, Mode, Role } from "../plan.ts";
import type { ReasonCode } from "../reasons.ts";
import type { ResultDocument, SliResult, Verdict } from "../result.ts";
import { aggregateCodes, aggregateVerdict } from "../verdict/aggregate.ts";

/** Format of the lines of a ledger. */
export const LEDGER_VERSION = 1;

/** What one metric said; numbers in raw units and raw sign, no query and no series. */
export interface LedgerSli {
  readonly id: string;
  readonly role: Role;
  readonly direction: Direction;
  readonly verdict: Verdict;
  readonly design: Design | null;
  readonly att: number | null;
  readonly confLow: number | null;
  readonly confHigh: number | null;
  readonly level: number | null;
  /** Fractions of what would have been without the deploy. */
  readonly relative: {
    readonly att: number | null;
    readonly confLow: number | null;
    readonly confHigh: number | null;
  } | null;
  /** As the config says it, `5%`. */
  readonly margin: string;
  /** One-sided p of a harm up to the margin, and after Holm. */
  readonly pMargin: number | null;
  readonly pMarginAdjusted: number | null;
}

/** One verdict on one service. */
export interface LedgerEntry {
  readonly schemaVersion: typeof LEDGER_VERSION;
  readonly type: "verdict";
  /** The same for the same verdict, so that a line that was written twice counts once. */
  readonly id: string;
  /** When the verdict was reached, ISO 8601. */
  readonly time: string;
  readonly repository: string | null;
  readonly environment: string | null;
  readonly service: string | null;
  readonly sha: string | null;
  readonly deployedAt: string;
  readonly verdict: Verdict;
  readonly reasonCodes: readonly ReasonCode[];
  readonly mode: Mode;
  /** Two-sided, of all looks together. */
  readonly alpha: number;
  /** Which of several planned looks; null: the only one. */
  readonly look: { readonly number: number; readonly of: number } | null;
  readonly slis: readonly LedgerSli[];
  readonly configHash: string | null;
  readonly dataHash: string;
  /** Of deploy-impact. */
  readonly version: string;
}

export const OUTCOMES = ["reverted", "hotfix", "incident", "fine"] as const;
export type DeployOutcome = (typeof OUTCOMES)[number];

/** How a deploy turned out, as somebody said later. Parts that are null fit every deploy. */
export interface LedgerMark {
  readonly schemaVersion: typeof LEDGER_VERSION;
  readonly type: "outcome";
  /** When it was marked, ISO 8601. */
  readonly time: string;
  readonly outcome: DeployOutcome;
  /** The commit, 7 digits or more; or `id` of the verdict. */
  readonly sha: string | null;
  readonly id: string | null;
  readonly repository: string | null;
  readonly environment: string | null;
  readonly service: string | null;
  /** When it happened, ISO 8601. */
  readonly at: string | null;
  readonly note: string;
}

export type LedgerLine = LedgerEntry | LedgerMark;

/** The verdicts of a result, one per service. @param idOf text to a short digest, so that core needs no hash. */
export function ledgerEntries(document: ResultDocument, idOf: (text: string) => string): LedgerEntry[] {
  const { deployment, provenance } = document;
  const ended = Date.parse(provenance.startedAt) + provenance.durationMs;
  const services = [...new Set(document.slis.map((sli) => sli.service))];
  return services.map((service) => {
    const slis = document.slis.filter((sli) => sli.service === service);
    const plan = document.plans.find((one) => one.service === service);
    const verdict = aggregateVerdict(slis);
    const identity = [provenance.startedAt, provenance.dataHash, provenance.configHash, deployment.deployedAt, service];
    return {
      schemaVersion: LEDGER_VERSION,
      type: "verdict",
      id: idOf(JSON.stringify(identity)),
      time: new Date(ended).toISOString(),
      repository: deployment.repository,
      environment: deployment.environment,
      service,
      sha: deployment.sha,
      deployedAt: deployment.deployedAt,
      verdict,
      reasonCodes: aggregateCodes(slis, verdict),
      mode: document.mode,
      alpha: plan?.look?.alpha ?? plan?.alpha ?? 0.05,
      look: plan?.look === undefined ? null : { number: plan.look.number, of: plan.look.planned.length },
      slis: slis.map(ledgerSli),
      configHash: provenance.configHash,
      dataHash: provenance.dataHash,
      version: provenance.version,
    };
  });
}

function ledgerSli({ id, role, direction, verdict, design, estimate, relative, margin }: SliResult): LedgerSli {
  return {
    id,
    role,
    direction,
    verdict,
    design,
    att: estimate?.att ?? null,
    confLow: estimate?.confLow ?? null,
    confHigh: estimate?.confHigh ?? null,
    level: estimate?.level ?? null,
    relative,
    margin: margin.text,
    pMargin: estimate?.pMargin ?? null,
    pMarginAdjusted: estimate?.pMarginAdjusted ?? null,
  };
}

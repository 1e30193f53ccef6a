import type { SliSeries } from "../core/panel/series.ts";
import type { AnalysisPlan, Mode } from "../core/plan.ts";
import type { Analysis, DeploymentFacts, QueryRecord, ResultDocument } from "../core/result.ts";
import type { Warning } from "./collect.ts";
import { dataHash } from "./data-hash.ts";
import type { Trigger } from "./trigger.ts";

export interface DocumentParts {
  readonly analysis: Analysis;
  readonly plans: readonly AnalysisPlan[];
  /** Per plan, what was measured. */
  readonly inputs: readonly (readonly SliSeries[])[];
  readonly mode: Mode;
  readonly deployment: DeploymentFacts;
  readonly version: string;
  readonly configHash: string | null;
  readonly seed: number;
  readonly queries: readonly QueryRecord[];
  readonly warnings: readonly Warning[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export function buildDocument(parts: DocumentParts): ResultDocument {
  const { analysis } = parts;
  return {
    schemaVersion: 1,
    verdict: analysis.verdict,
    reasonCodes: analysis.reasonCodes,
    mode: parts.mode,
    slis: analysis.slis,
    deployment: parts.deployment,
    windows: analysis.windows,
    units: analysis.units,
    plans: parts.plans,
    provenance: {
      version: parts.version,
      configHash: parts.configHash,
      dataHash: dataHash(parts.inputs),
      seed: parts.seed,
      queries: parts.queries,
      warnings: parts.warnings,
      startedAt: new Date(parts.startedAt).toISOString(),
      durationMs: Math.max(0, Math.round(parts.endedAt - parts.startedAt)),
    },
  };
}

export function deploymentFacts(trigger: Trigger): DeploymentFacts {
  return {
    id: trigger.deploymentId,
    environment: trigger.environment,
    sha: trigger.sha,
    repository: trigger.repository,
    deployedAt: new Date(trigger.deployedAt * 1000).toISOString(),
    deployedAtSource: trigger.deployedAtSource,
    url: trigger.url,
    pullRequests: trigger.pullRequests,
  };
}

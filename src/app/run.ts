import type { Config } from "../config/config.ts";
import { analyze } from "../core/analyze.ts";
import type { ResultDocument } from "../core/result.ts";
import type { Ports } from "../ports.ts";
import { type Collected, collect } from "./collect.ts";
import { buildDocument, deploymentFacts } from "./document.ts";
import type { LookChoice } from "./looks.ts";
import { planServices } from "./plan.ts";
import { refusalBeforeReading, refusedAnalysis } from "./premature.ts";
import type { Trigger } from "./trigger.ts";
import { withWaves } from "./waves.ts";

export interface RunOptions {
  /** Version of deploy-impact. */
  readonly version: string;
  /** What relative paths in the config are relative to. */
  readonly baseDir: string;
  /** Which of the planned looks; left out: the one that is due. */
  readonly look?: LookChoice;
}

/**
 * The main job: config and deployment to result. Throws DeployImpactError when something could not be read; data that
 * cannot answer come back as an `invalid` result.
 */
export async function runAnalysis(
  config: Config,
  given: Trigger,
  ports: Ports,
  { version, baseDir, look }: RunOptions,
): Promise<ResultDocument> {
  const startedAt = ports.now();
  const trigger = withWaves(config, given);
  const planned = planServices(config, trigger, startedAt / 1000, look);
  const refusal = refusalBeforeReading(planned, startedAt / 1000);
  const collected: Collected[] = [];
  if (refusal === null) {
    // Services one after the other: their SLIs already run side by side.
    for (const service of planned) collected.push(await collect(service, trigger, ports, baseDir));
  }
  const plans = refusal === null ? collected.map(({ plan }) => plan) : planned.map(({ plan }) => plan);
  const analysis =
    refusal === null
      ? analyze(collected.map(({ plan, inputs }) => ({ plan, inputs })))
      : refusedAnalysis(plans, refusal);
  return buildDocument({
    analysis,
    plans,
    inputs: collected.map(({ inputs }) => inputs),
    mode: config.mode,
    deployment: deploymentFacts(trigger),
    version,
    configHash: config.hash,
    seed: config.seed,
    queries: collected.flatMap(({ queries }) => queries),
    warnings: collected.flatMap(({ warnings }) => warnings),
    startedAt,
    endedAt: ports.now(),
  });
}

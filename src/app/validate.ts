import type { Config, ServiceConfig, SliConfig } from "../config/config.ts";
import { describeSli, type SliDescription } from "../core/describe.ts";
import type { DeployImpactError } from "../core/errors.ts";
import { waveSpan } from "../core/panel/waves.ts";
import type { AnalysisPlan, Direction, Kind, Margin, Role } from "../core/plan.ts";
import { roundDeep } from "../core/round.ts";
import type { Ports } from "../ports.ts";
import type { FetchedSeries } from "../sources/contract.ts";
import { readSli, recordsOf } from "./collect.ts";
import { mapLimited } from "./concurrency.ts";
import { createGrouping, wholeUnits } from "./groups.ts";
import { asDeployImpactError } from "./internal-error.ts";
import { lagOf, queryRange } from "./plan.ts";
import type { Trigger } from "./trigger.ts";
import { type Exposure, exposedUnits, measureExposure } from "./version-query.ts";

/** One SLI as `validate` found it: described, or why it could not be read. */
export type SliValidation = {
  readonly service: string | null;
  readonly id: string;
  readonly source: string;
  readonly kind: Kind;
  readonly direction: Direction;
  readonly role: Role;
  readonly queries: Readonly<Record<string, string>>;
  /** null: the config states none yet. */
  readonly margin: Margin | null;
} & (
  | {
      readonly ok: true;
      readonly description: SliDescription;
      readonly unmatchedUnits: readonly string[];
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly error: DeployImpactError }
);

export interface Validation {
  readonly file: string;
  readonly environment: string | null;
  /** History that was read, epoch seconds. */
  readonly windows: readonly { readonly service: string | null; readonly from: number; readonly to: number }[];
  readonly slis: readonly SliValidation[];
  /** One per service that has a version query. */
  readonly versionQueries: readonly VersionQueryValidation[];
}

export type VersionQueryValidation = { readonly service: string | null } & (
  | { readonly ok: true; readonly exposure: Exposure }
  | { readonly ok: false; readonly error: DeployImpactError }
);

const CONCURRENCY = 4;

export interface ValidateOptions {
  readonly baseDir: string;
  /** History ends here at the latest (epoch seconds); null: now. */
  readonly until: number | null;
}

/**
 * Reads every query once over history that is as long as one analysis, with a pretended deploy in it, and describes
 * what came back. A source that fails for one SLI does not hide the others.
 */
export async function validateConfig(
  config: Config,
  trigger: Pick<Trigger, "environment" | "sha" | "payload">,
  ports: Ports,
  { baseDir, until }: ValidateOptions,
): Promise<Validation> {
  const now = ports.now() / 1000;
  const waves = typeof config.deployedAt === "object" && config.deployedAt !== null ? config.deployedAt : null;
  const surroundings = { trigger: waves === null ? trigger : { ...trigger, waves }, ports, baseDir };
  const histories: History[] = [];
  for (const service of config.services) {
    const plan = historyPlan(config, service, now, until);
    histories.push({ service, plan, version: await validateVersionQuery(service, plan, surroundings) });
  }
  const jobs = histories.flatMap((history) => history.service.slis.map((sli) => ({ history, sli })));
  return {
    file: config.file,
    environment: config.environment,
    windows: histories.map(({ service, plan }) => ({
      service: service.name,
      from: plan.window.preStart ?? plan.window.deployedAt,
      to: plan.window.postEnd ?? plan.window.deployedAt,
    })),
    slis: await mapLimited(jobs, CONCURRENCY, ({ history, sli }) => validateSli(history, sli, surroundings)),
    versionQueries: histories.flatMap(({ version }) => (version === null ? [] : [version])),
  };
}

/** One service and the stretch of history that is read for it. */
interface History {
  readonly service: ServiceConfig;
  readonly plan: AnalysisPlan;
  readonly version: VersionQueryValidation | null;
}

async function validateVersionQuery(
  service: ServiceConfig,
  plan: AnalysisPlan,
  { trigger, ports, baseDir }: Surroundings,
): Promise<VersionQueryValidation | null> {
  if (service.versionQuery === null) return null;
  const time = queryRange(plan).to;
  try {
    const exposure = await measureExposure(service, service.versionQuery, trigger, time, ports, baseDir);
    return { service: service.name, ok: true, exposure };
  } catch (error) {
    return { service: service.name, ok: false, error: asDeployImpactError(error) };
  }
}

/** The same windows as a real analysis, ending where points should exist by now. */
function historyPlan(config: Config, service: ServiceConfig, now: number, until: number | null): AnalysisPlan {
  const { pre, settle, post, step } = service.windows;
  const lag = Math.max(...Object.values(service.sources).map((source) => lagOf(source, service)));
  const stated = typeof config.deployedAt === "object" && config.deployedAt !== null ? config.deployedAt : null;
  const first = stated === null ? config.deployedAt : Math.min(...Object.values(stated));
  const known = until ?? (typeof first === "number" ? first : now);
  const end = Math.floor(Math.min(now - lag, known) / step) * step;
  const span = stated === null ? null : waveSpan(stated, service.windows);
  const rollOut = span === null ? 0 : span.lastAt - span.deployedAt;
  const deployedAt = end - post - settle - rollOut;
  const earlier = (at: number): number => at + deployedAt - (span?.deployedAt ?? 0);
  return {
    service: service.name,
    slis: [],
    window: { deployedAt, step, preStart: deployedAt - pre, settle: span?.settle ?? settle, postEnd: end },
    ...(stated === null
      ? {}
      : { waves: Object.fromEntries(Object.entries(stated).map(([unit, at]) => [unit, earlier(at)])) }),
    asOf: Math.min(now, known),
    alpha: service.alpha,
    inference: service.inference,
    scale: service.scale,
    design: service.design,
    ...(service.units.control === null ? {} : { expectsControls: true }),
    seed: config.seed,
    treatedUnits: [],
    excludedUnits: service.units.exclude,
    clusters: {},
    exclusions: service.exclusions,
    otherDeployments: null,
    exposure: null,
    configChanged: null,
    notes: {},
  };
}

interface Surroundings {
  readonly trigger: Pick<Trigger, "environment" | "sha" | "payload" | "waves">;
  readonly ports: Ports;
  readonly baseDir: string;
}

async function validateSli(history: History, sli: SliConfig, surroundings: Surroundings): Promise<SliValidation> {
  const { service, plan } = history;
  const { id, source, kind, direction, role, margin, quantile } = sli;
  const queries = Object.fromEntries(recordsOf(sli).map(({ component, query }) => [component, query]));
  const identity = { service: service.name, id, source, kind, direction, role, queries, margin };
  try {
    const fetched = await readHistory(history, sli, surroundings);
    const described = {
      id,
      kind,
      direction,
      role,
      margin: margin ?? NOT_STATED,
      ...(quantile === null ? {} : { quantile }),
    };
    const input = { sli: id, series: wholeUnits(fetched.series), warnings: fetched.warnings };
    const description = roundDeep(describeSli({ ...plan, slis: [described] }, described, input));
    return { ...identity, ok: true, description, unmatchedUnits: fetched.unmatchedUnits, warnings: fetched.warnings };
  } catch (error) {
    return { ...identity, ok: false, error: asDeployImpactError(error) };
  }
}

/** Stands where the margin would; descriptions do not depend on it. */
const NOT_STATED: Margin = { type: "absolute", value: 0, text: "0" };

async function readHistory(
  { service, plan, version }: History,
  sli: SliConfig,
  { trigger, ports, baseDir }: Surroundings,
): Promise<FetchedSeries> {
  const grouping = createGrouping(service, trigger, version?.ok === true ? exposedUnits(version.exposure) : null);
  const range = { ...queryRange(plan), groupOf: grouping.groupOf };
  const { fetched } = await readSli(service, sli, range, ports, baseDir);
  if (fetched.series.length > 0 || fetched.unmatchedUnits.length > 0) grouping.verify(sli.id);
  return fetched;
}

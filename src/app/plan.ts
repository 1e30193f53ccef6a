import type { Config, ServiceConfig, SliConfig, SourceConfig } from "../config/config.ts";
import { DeployImpactError } from "../core/errors.ts";
import type { JsonValue } from "../core/outcome.ts";
import { type WaveSpan, waveSpan } from "../core/panel/waves.ts";
import type { AnalysisPlan, SliPlan } from "../core/plan.ts";
import { selectServices } from "./services.ts";
import type { Trigger } from "./trigger.ts";
import { withWaves } from "./waves.ts";

/** One service of this run: what will be analysed, and the config it came from. */
export interface ServicePlan {
  readonly service: ServiceConfig;
  readonly plan: AnalysisPlan;
  /** Epoch seconds when every point of the post window should exist. */
  readonly readyAt: number;
}

/** Plans of every service this deploy may have touched. `now`: epoch seconds. */
export function planServices(config: Config, given: Trigger, now: number): ServicePlan[] {
  const trigger = withWaves(config, given);
  return selectServices(config, trigger).map((service) => {
    const readyAt = serviceReadyAt(service, trigger);
    return { service, readyAt, plan: analysisPlan(config, service, trigger, Math.min(now, readyAt)) };
  });
}

/** Epoch seconds when all points of this run should exist: the (last) deploy + settle + post + the source's lag. */
export function readyAt(config: Config, given: Trigger): number {
  const trigger = withWaves(config, given);
  const services = selectServices(config, trigger);
  return Math.max(...services.map((service) => serviceReadyAt(service, trigger)));
}

function serviceReadyAt(service: ServiceConfig, trigger: Pick<Trigger, "deployedAt" | "waves">): number {
  const { settle, post } = service.windows;
  return (
    spanOf(service, trigger).lastAt +
    settle +
    post +
    Math.max(...usedSources(service).map((source) => lagOf(source, service)))
  );
}

/** First and last deploy; with waves the post window runs from the last one. */
function spanOf(
  { windows }: Pick<ServiceConfig, "windows">,
  { deployedAt, waves }: Pick<Trigger, "deployedAt" | "waves">,
): WaveSpan {
  return waves === undefined ? { deployedAt, lastAt: deployedAt, settle: windows.settle } : waveSpan(waves, windows);
}

/** Seconds from a step to the moment its points can be read. */
export function lagOf(source: SourceConfig, service: Pick<ServiceConfig, "windows">): number {
  return source.lag ?? service.windows.step;
}

/** First and last instant to ask for: starts of the first and the last step, on the grid that starts at the deploy. */
export function queryRange({ window, asOf }: Pick<AnalysisPlan, "window" | "asOf">): { from: number; to: number } {
  const { deployedAt, step, preStart, postEnd } = window;
  const first = Math.floor(((preStart ?? deployedAt) - deployedAt) / step);
  const last = Math.ceil(((postEnd ?? asOf) - deployedAt) / step) - 1;
  return { from: deployedAt + first * step, to: deployedAt + last * step };
}

function usedSources(service: ServiceConfig): SourceConfig[] {
  const names = new Set(service.slis.map((sli) => sli.source));
  return Object.values(service.sources).filter(({ name }) => names.has(name));
}

function analysisPlan(config: Config, service: ServiceConfig, trigger: Trigger, asOf: number): AnalysisPlan {
  const { pre, settle, post, step } = service.windows;
  const span = spanOf(service, trigger);
  return {
    service: service.name,
    slis: service.slis.map(sliPlan),
    window: {
      deployedAt: span.deployedAt,
      step,
      preStart: span.deployedAt - pre,
      settle: span.settle,
      postEnd: span.lastAt + settle + post,
    },
    asOf,
    alpha: service.alpha,
    inference: service.inference,
    scale: service.scale,
    design: service.design,
    seed: config.seed,
    treatedUnits: [],
    ...(trigger.waves === undefined ? {} : { waves: trigger.waves }),
    excludedUnits: service.units.exclude,
    clusters: service.units.cluster?.type === "map" ? service.units.cluster.clusters : {},
    exclusions: service.exclusions,
    otherDeployments: trigger.otherDeployments,
    exposure: null,
    configChanged: trigger.configChanged,
    ...(service.split === null ? {} : { split: service.split }),
    ...(service.units.control === null ? {} : { expectsControls: true }),
    notes: notesOf(config, trigger),
  };
}

function sliPlan(sli: SliConfig): SliPlan {
  const { id, kind, direction, role, margin, quantile, by } = sli;
  if (margin === null) {
    throw new DeployImpactError("CONFIG_INVALID", `SLI ${id} has no margin, and there is no default.`, {
      hint: "State the largest harm the team tolerates, for example `margin: 5%`; `deploy-impact validate` proposes one from history.",
    });
  }
  return {
    id,
    kind,
    direction,
    role,
    margin,
    ...(quantile === null ? {} : { quantile }),
    ...(by === undefined ? {} : { by }),
  };
}

function notesOf(config: Config, trigger: Trigger): Record<string, JsonValue> {
  return { deployedAtSource: trigger.deployedAtSource, config: config.file };
}

import type { Config, ServiceConfig, SliConfig, SourceConfig } from "../config/config.ts";
import { DeployImpactError } from "../core/errors.ts";
import type { JsonValue } from "../core/outcome.ts";
import { type WaveSpan, waveSpan } from "../core/panel/waves.ts";
import type { AnalysisPlan, LookPlan, SliPlan } from "../core/plan.ts";
import { chooseLook, type LookChoice, lookSchedule, lookSpans } from "./looks.ts";
import { selectServices } from "./services.ts";
import type { Trigger } from "./trigger.ts";
import { withWaves } from "./waves.ts";

/** One service of this run: what will be analysed, and the config it came from. */
export interface ServicePlan {
  readonly service: ServiceConfig;
  readonly plan: AnalysisPlan;
  /** Epoch seconds when every point that `plan` asks for should exist: of its post window, or of the look it is. */
  readonly readyAt: number;
}

/** Plans of every service this deploy may have touched. `now`: epoch seconds. */
export function planServices(config: Config, given: Trigger, now: number, choice: LookChoice = "due"): ServicePlan[] {
  const trigger = withWaves(config, given);
  return selectServices(config, trigger).map((service) => {
    const look = lookOf(service, trigger, choice, now);
    const readyAt = look?.planned[look.number - 1]?.readyAt ?? serviceReadyAt(service, trigger);
    return { service, readyAt, plan: analysisPlan(config, service, trigger, { look, asOf: Math.min(now, readyAt) }) };
  });
}

/** null: one look, at the end. */
function lookOf(service: ServiceConfig, trigger: DeployTimes, choice: LookChoice, now: number): LookPlan | null {
  const { looks, alpha, windows } = service;
  if (looks === 1) return null;
  const place = { settled: settledAt(service, trigger), lag: lagOfAll(service) };
  return chooseLook(lookSchedule({ ...windows, looks }, alpha, place), alpha, choice, now);
}

/** Epoch seconds when all points of this run should exist: the (last) deploy + settle + post + the source's lag. */
export function readyAt(config: Config, given: Trigger): number {
  return lookTimes(config, given).at(-1) ?? Number.POSITIVE_INFINITY;
}

/**
 * When a run can say something new, epoch seconds, ascending: the moments at which the data of a planned look are
 * complete, from the first one at which every service has one. Without `looks` it is the end of the post window alone.
 */
export function lookTimes(config: Config, given: Trigger): readonly number[] {
  const trigger = withWaves(config, given);
  const perService = selectServices(config, trigger).map((service) => {
    const from = settledAt(service, trigger) + lagOfAll(service);
    return lookSpans({ ...service.windows, looks: service.looks }).map((span) => from + span);
  });
  const first = Math.max(...perService.map(([earliest]) => earliest ?? 0));
  return [...new Set(perService.flat())].filter((time) => time >= first).sort((a, b) => a - b);
}

type DeployTimes = Pick<Trigger, "deployedAt" | "waves">;

function serviceReadyAt(service: ServiceConfig, trigger: DeployTimes): number {
  return settledAt(service, trigger) + service.windows.post + lagOfAll(service);
}

/** Start of the post window after the (last) deploy. */
function settledAt(service: ServiceConfig, trigger: DeployTimes): number {
  return spanOf(service, trigger).lastAt + service.windows.settle;
}

function lagOfAll(service: ServiceConfig): number {
  return Math.max(...usedSources(service).map((source) => lagOf(source, service)));
}

/** First and last deploy; with waves the post window runs from the last one. */
function spanOf({ windows }: Pick<ServiceConfig, "windows">, { deployedAt, waves }: DeployTimes): WaveSpan {
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

function analysisPlan(
  config: Config,
  service: ServiceConfig,
  trigger: Trigger,
  { look, asOf }: { readonly look: LookPlan | null; readonly asOf: number },
): AnalysisPlan {
  const { pre, settle, post, step } = service.windows;
  const span = spanOf(service, trigger);
  const current = look?.planned[look.number - 1];
  return {
    service: service.name,
    slis: service.slis.map(sliPlan),
    window: {
      deployedAt: span.deployedAt,
      step,
      preStart: span.deployedAt - pre,
      settle: span.settle,
      postEnd: current?.postEnd ?? span.lastAt + settle + post,
    },
    asOf,
    alpha: current?.alpha ?? service.alpha,
    ...(look === null ? {} : { look }),
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
  const { id, kind, direction, role, margin, quantile, by, slo } = sli;
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
    ...(slo === undefined ? {} : { slo }),
  };
}

function notesOf(config: Config, trigger: Trigger): Record<string, JsonValue> {
  return { deployedAtSource: trigger.deployedAtSource, config: config.file };
}

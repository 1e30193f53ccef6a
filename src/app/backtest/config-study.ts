import type { Config, ServiceConfig } from "../../config/config.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { SliSeries } from "../../core/panel/series.ts";
import type { Ports } from "../../ports.ts";
import { nearestName } from "../../sources/nearest.ts";
import { type Collected, collect } from "../collect.ts";
import { lagOf, planServices, type ServicePlan } from "../plan.ts";
import type { Trigger } from "../trigger.ts";
import { withWaves } from "../waves.ts";
import { extentOf, inOrder } from "./cut.ts";
import { joinKnown, type KnownHistory, statedDeployment } from "./known.ts";
import { askedSpan, type HistorySpan, usedSpan } from "./span.ts";
import { commonStep, type Study, type StudyPart } from "./study.ts";

export interface ConfigStudyRequest {
  readonly config: Config;
  /** Only this service; null: all. */
  readonly service: string | null;
  readonly span: HistorySpan;
  readonly deployment: Pick<Trigger, "environment" | "sha" | "payload"> & {
    /** As given by flag; null: not given. */
    readonly deployed: Pick<Trigger, "deployedAt" | "waves"> | null;
  };
  /** Folder of relative paths in the config. */
  readonly baseDir: string;
  /** What is known of the history from `from` to `to`. */
  readonly known: (span: { readonly from: number; readonly to: number }) => Promise<KnownHistory>;
}

/** Plans of the config for a deploy at one instant, and the whole history of every SLI, each read once. */
export async function studyConfig(request: ConfigStudyRequest, ports: Ports): Promise<Study> {
  const config = oneLook(chosenService(request.config, request.service));
  const now = ports.now() / 1000;
  const grid = commonStep(config.services.map(({ windows }) => windows.step));
  const lag = Math.max(...config.services.map(longestLag));
  const asked = askedSpan(request.span, now - lag, config.services.every(readsFilesOnly));
  const stated = statedDeploy(config, request);
  // On the grid of the steps, so that the points of a fake deploy are the very points that its check would get.
  const origin = Math.floor(asked.to / grid) * grid;
  const trigger = pretended(stated, origin);
  const read: { readonly planned: ServicePlan; readonly collected: Collected }[] = [];
  for (const planned of planServices(config, trigger, now)) {
    read.push({
      planned,
      collected: await collect(wholeHistory(planned, asked, origin), trigger, ports, request.baseDir),
    });
  }
  const parts = read.map(({ planned, collected }) => partOf(planned, collected, trigger));
  const used = usedSpan(request.span, asked, dataSpan(parts, asked));
  const known = await request.known(used);
  return {
    ...{ origin, grid, ...used, parts },
    known: joinKnown([statedHistory(stated), known]),
    alpha: Math.max(...config.services.map(({ alpha }) => alpha)),
    seed: config.seed,
    notes: read.flatMap(({ collected }) => notesOf(collected)),
  };
}

function chosenService(config: Config, name: string | null): Config {
  if (name === null) return config;
  const services = config.services.filter((service) => service.name === name);
  if (services.length > 0) return { ...config, services };
  const names = config.services.flatMap((service) => service.name ?? []);
  const meant = nearestName(name, names);
  throw new DeployImpactError("USAGE", `The config has no service "${name}".`, {
    hint:
      names.length === 0
        ? "Leave --service out: the config has no `services`."
        : `${meant === null ? "" : `Did you mean "${meant}"? `}Services: ${names.join(", ")}.`,
  });
}

/** A planned sequence of looks is judged by its last one. */
function oneLook(config: Config): Config {
  return { ...config, services: config.services.map((service) => ({ ...service, looks: 1 })) };
}

function longestLag(service: ServiceConfig): number {
  return Math.max(...Object.values(service.sources).map((source) => lagOf(source, service)));
}

function readsFilesOnly({ slis, sources }: ServiceConfig): boolean {
  return slis.every(({ source }) => sources[source]?.type === "file");
}

type Stated = Pick<Trigger, "environment" | "sha" | "payload" | "deployedAt" | "waves" | "deployedAtSource">;

/** The real deploy that flags or the config speak of: its waves are the pattern of the fake ones. */
function statedDeploy(config: Config, { deployment }: ConfigStudyRequest): Stated {
  const { deployed, ...rest } = deployment;
  if (deployed !== null) return { ...rest, ...deployed, deployedAtSource: "flag" };
  const at = config.deployedAt;
  const first = typeof at === "number" ? at : at === null ? 0 : Math.min(...Object.values(at));
  const found: Stated = withWaves(config, { ...rest, deployedAt: first, deployedAtSource: "config" });
  return at === null && found.waves === undefined ? { ...found, deployedAtSource: "none" } : found;
}

function pretended(stated: Stated, origin: number): Trigger {
  const { waves, deployedAt } = stated;
  return {
    ...{ environment: stated.environment, sha: stated.sha, payload: stated.payload },
    repository: null,
    deploymentId: null,
    deployedAt: origin,
    ...(waves === undefined
      ? {}
      : {
          waves: Object.fromEntries(Object.entries(waves).map(([unit, time]) => [unit, time - deployedAt + origin])),
        }),
    // As if a person had said so: neither the payload nor the config gives another time.
    deployedAtSource: "flag",
    url: null,
    pullRequests: [],
    otherDeployments: null,
    configChanged: null,
    changedPaths: null,
  };
}

function statedHistory(stated: Stated): KnownHistory {
  const { deployedAtSource: source, deployedAt, waves } = stated;
  const none = { sources: [], exclusions: [], since: null, notes: [] };
  if (source === "none") return { ...none, deployments: null };
  const last = Math.max(deployedAt, ...Object.values(waves ?? {}));
  return { ...none, deployments: [statedDeployment(deployedAt, last, source)], sources: [source] };
}

/** The same plan with windows that span everything, so that one read brings it all. */
function wholeHistory(
  planned: ServicePlan,
  { from, to }: { readonly from: number; readonly to: number },
  origin: number,
): ServicePlan {
  const { step } = planned.plan.window;
  const start = origin + Math.ceil((from - origin) / step) * step;
  const window = { ...planned.plan.window, deployedAt: origin, preStart: start, postEnd: to };
  return { ...planned, plan: { ...planned.plan, window, asOf: to } };
}

function partOf({ service, plan }: ServicePlan, { plan: completed, inputs }: Collected, { waves }: Trigger): StudyPart {
  const times = Object.values(waves ?? {});
  return {
    plan: { ...plan, clusters: completed.clusters },
    windows: service.windows,
    rollOut: times.length === 0 ? 0 : Math.max(...times) - Math.min(...times),
    inputs: inputs.map(inOrder),
  };
}

/** From the first to just after the last stamp of any SLI. */
export function dataSpan(
  parts: readonly StudyPart[],
  otherwise: { readonly from: number; readonly to: number },
): { readonly from: number; readonly to: number } {
  const extents = parts.flatMap(({ inputs, plan }) =>
    inputs.flatMap((input: SliSeries) => {
      const extent = extentOf(input);
      return extent === null ? [] : [{ from: extent.first, to: extent.last + plan.window.step }];
    }),
  );
  if (extents.length === 0) return { from: otherwise.to, to: otherwise.to };
  return { from: Math.min(...extents.map(({ from }) => from)), to: Math.max(...extents.map(({ to }) => to)) };
}

function notesOf({ warnings }: Collected): string[] {
  return [...new Set(warnings.map(({ sli, message }) => `${sli}: ${message}`))];
}

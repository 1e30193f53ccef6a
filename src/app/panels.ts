import path from "node:path";
import { TIME_EXAMPLE } from "../config/time.ts";
import { analyze } from "../core/analyze.ts";
import { DeployImpactError } from "../core/errors.ts";
import type { SliSeries } from "../core/panel/series.ts";
import { type WaveSpan, waveSpan } from "../core/panel/waves.ts";
import type {
  AnalysisPlan,
  Design,
  Direction,
  InferenceName,
  Kind,
  LookPlan,
  Margin,
  Mode,
  Scale,
} from "../core/plan.ts";
import type { ResultDocument } from "../core/result.ts";
import type { Ports } from "../ports.ts";
import { type PanelFile, readPanel } from "../sources/file/panel.ts";
import type { Warning } from "./collect.ts";
import { buildDocument } from "./document.ts";
import { chooseLook, lookSchedule } from "./looks.ts";
import { commonSpacing, lastStamp } from "./spacing.ts";

/** `check --panel`: every row counts, and what a config would say comes from flags. Spans are seconds. */
export interface PanelRequest {
  /** Paths as given; `-` is standard input. */
  readonly panels: readonly string[];
  /** null: the panels say it themselves, in their column `deployed_at`. */
  readonly deployed: { readonly deployedAt: number; readonly waves?: Readonly<Record<string, number>> } | null;
  readonly direction: Direction;
  readonly kind: Kind;
  readonly margin: Margin;
  /** null: the most common distance between rows of a unit. */
  readonly step: number | null;
  /** null: from the first row. */
  readonly pre: number | null;
  readonly settle: number;
  /** null: to the last row. */
  readonly post: number | null;
  readonly treated: readonly string[];
  readonly alpha: number;
  readonly inference: InferenceName;
  readonly scale: "auto" | Scale;
  readonly design: "auto" | Design;
  readonly seed: number;
  readonly mode: Mode;
  /** One of several planned looks, which need `post`; left out: the only one. */
  readonly look?: { readonly number: number; readonly of: number };
}

export interface ReadPanel {
  readonly id: string;
  readonly name: string;
  readonly file: PanelFile;
}

/** Without any row there is nothing to infer a step from; the analysis refuses anyway. */
const STEP_WITHOUT_ROWS = 60;

export async function runPanels(
  request: PanelRequest,
  ports: Pick<Ports, "now" | "log">,
  { version }: { readonly version: string },
): Promise<ResultDocument> {
  const startedAt = ports.now();
  const panels = await readPanels(request, ports);
  refuseUnknownUnits(panels, request);
  const { step, warnings: stepWarnings } = chooseStep(request.step, panels);
  const warnings = [...panels.flatMap((panel) => fileWarnings(panel, request)), ...stepWarnings];
  const deployed = deployedIn(request, panels);
  const plan = panelPlan(request, deployed, panels, step, startedAt / 1000);
  const inputs: SliSeries[] = panels.map(({ id, file }) => ({
    sli: id,
    series: file.series,
    warnings: warnings.filter((one) => one.sli === id).map(({ message }) => message),
  }));
  return buildDocument({
    analysis: analyze([{ plan, inputs }]),
    plans: [plan],
    inputs: [inputs],
    mode: request.mode,
    deployment: {
      id: null,
      environment: null,
      sha: null,
      repository: null,
      deployedAt: new Date(deployed.deployedAt * 1000).toISOString(),
      deployedAtSource: deployed.source,
      url: null,
      pullRequests: [],
    },
    version,
    configHash: null,
    seed: request.seed,
    queries: panels.map(({ id, name }) => ({ sli: id, source: "file", component: "value", query: name })),
    warnings,
    startedAt,
    endedAt: ports.now(),
  });
}

export async function readPanels(request: PanelRequest, ports: Pick<Ports, "log">): Promise<ReadPanel[]> {
  const ids = request.panels.map(panelId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw new DeployImpactError("USAGE", `Two panels have the name "${twice}".`, {
      hint: "An SLI is named after its file; give each panel its own file name.",
    });
  }
  const panels: ReadPanel[] = [];
  // One after the other: large panels are bound by memory, not by waiting.
  for (const [index, panel] of request.panels.entries()) {
    ports.log.info(`reading ${panel === "-" ? "standard input" : panel}`);
    const file = await readPanel({ path: panel, treated: namedTreated(request) });
    panels.push({ id: ids[index] ?? panel, name: panel, file });
  }
  return panels;
}

/** Units with a time of their own are the treated ones. */
function namedTreated({ treated, deployed }: PanelRequest): readonly string[] {
  return deployed?.waves === undefined ? treated : Object.keys(deployed.waves);
}

function namedBy({ deployed }: PanelRequest): string {
  return deployed?.waves === undefined ? "--treated" : "--deployed-at";
}

export interface Deployed {
  readonly deployedAt: number;
  readonly waves?: Readonly<Record<string, number>>;
  readonly source: "flag" | "panel";
}

function deployedIn(request: PanelRequest, panels: readonly ReadPanel[]): Deployed {
  const stated = statedIn(request, panels);
  if (stated !== null) return stated;
  throw new DeployImpactError("USAGE", "--deployed-at is missing.", {
    hint: `Say when the deploy happened, for example --deployed-at ${TIME_EXAMPLE}, or give the panel a column deployed_at with the time of each treated unit.`,
  });
}

/** When the units were deployed: by flag, else as the column `deployed_at` of the panels says; null: nobody says it. */
export function statedIn({ deployed }: PanelRequest, panels: readonly ReadPanel[]): Deployed | null {
  if (deployed !== null) return { ...deployed, source: "flag" };
  const waves: Record<string, number> = {};
  for (const { name, file } of panels) {
    for (const [unit, at] of Object.entries(file.deployedAt ?? {})) {
      if (Object.hasOwn(waves, unit) && waves[unit] !== at) throw twoDeployTimes(unit, name);
      waves[unit] = at;
    }
  }
  const times = Object.values(waves);
  return times.length > 0 ? { deployedAt: Math.min(...times), waves, source: "panel" } : null;
}

function twoDeployTimes(unit: string, panel: string): DeployImpactError {
  return new DeployImpactError(
    "FILE_MALFORMED",
    `${panel}: the unit "${unit}" has another deployed_at than in another panel.`,
    { hint: "Give each unit the same deploy time in all panels." },
  );
}

/** `data/latency.csv.gz` is the SLI `latency`. */
export function panelId(panel: string): string {
  if (panel === "-") return "stdin";
  const name = path.basename(panel);
  return name.replace(/\.(gz|zst)$/i, "").replace(/(?<=.)\.[^.]*$/, "");
}

export function refuseUnknownUnits(panels: readonly ReadPanel[], request: PanelRequest): void {
  const filled = panels.filter(({ file }) => file.rows > 0);
  const unknown = filled[0]?.file.unknownTreated.find((unit) =>
    filled.every(({ file }) => file.unknownTreated.includes(unit)),
  );
  if (unknown === undefined) return;
  const units = [...new Set(filled.flatMap(({ file }) => file.series.map((one) => one.unit)))];
  const shown = units.slice(0, 10).join(", ");
  throw new DeployImpactError("UNKNOWN_LABEL", `${namedBy(request)} names the unit "${unknown}", which no row has.`, {
    hint: `Units in the data: ${shown}${units.length > 10 ? ` and ${units.length - 10} more` : ""}.`,
  });
}

function fileWarnings({ id, name, file }: ReadPanel, request: PanelRequest): Warning[] {
  const shown = name === "-" ? "standard input" : name;
  const said = [
    ...(file.rows === 0 ? [`${shown} has a header and no rows.`] : []),
    ...(namedTreated(request).length > 0 && file.columns.includes("group")
      ? [`${namedBy(request)} names the treated units, so the column group of ${shown} is not looked at.`]
      : []),
    ...(request.deployed !== null && file.columns.includes("deployed_at")
      ? [
          `--deployed-at says when the units were deployed, so the times in the column deployed_at of ${shown} are not used.`,
        ]
      : []),
  ];
  return said.map((message) => ({ sli: id, message }));
}

export function chooseStep(given: number | null, panels: readonly ReadPanel[]): { step: number; warnings: Warning[] } {
  if (given !== null) return { step: given, warnings: [] };
  const spacings = panels.map(({ file }) => commonSpacing(file.series));
  const known = spacings.filter((spacing) => spacing !== null);
  if (known.length === 0) return { step: STEP_WITHOUT_ROWS, warnings: [] };
  // The widest: rows of a finer panel are averaged into it, rows of a wider one could not be split.
  const step = Math.max(...known);
  const warnings = panels.flatMap(({ id }, index) => {
    const own = spacings[index] ?? null;
    if (own === null) return [];
    const averaged =
      own < step ? `; its rows are ${own} s apart and are averaged into it` : ", the most common distance between rows";
    return [{ sli: id, message: `No --step was given: the step is ${step} s${averaged}.` }];
  });
  return { step, warnings };
}

export function panelPlan(
  request: PanelRequest,
  deployed: Deployed,
  panels: readonly ReadPanel[],
  step: number,
  now: number,
): AnalysisPlan {
  const { pre, post } = request;
  const { waves } = deployed;
  const { deployedAt, lastAt, settle }: WaveSpan =
    waves === undefined
      ? { deployedAt: deployed.deployedAt, lastAt: deployed.deployedAt, settle: request.settle }
      : waveSpan(waves, { step, settle: request.settle });
  const settled = lastAt + request.settle;
  const look = lookIn(request, step, settled);
  const current = look?.planned[look.number - 1];
  const postEnd = current?.postEnd ?? (post === null ? null : settled + post);
  return {
    service: null,
    slis: panels.map(({ id, file }) => ({
      id,
      kind: request.kind,
      direction: request.direction,
      role: "primary",
      margin: request.margin,
      ...(file.subgroupColumn === null ? {} : { by: file.subgroupColumn }),
    })),
    window: { deployedAt, step, preStart: pre === null ? null : deployedAt - pre, settle, postEnd },
    asOf: panelAsOf(lastStamp(panels.flatMap(({ file }) => file.series)), lastAt, postEnd, step, now),
    alpha: current?.alpha ?? request.alpha,
    ...(look === null ? {} : { look }),
    inference: request.inference,
    scale: request.scale,
    design: request.design,
    seed: request.seed,
    treatedUnits: namedTreated(request),
    ...(waves === undefined ? {} : { waves }),
    excludedUnits: [],
    clusters: {},
    exclusions: [],
    otherDeployments: null,
    exposure: null,
    configChanged: null,
    notes: { deployedAtSource: deployed.source },
  };
}

/** A panel that is complete has no lag. */
function lookIn({ look, post, alpha }: PanelRequest, step: number, settled: number): LookPlan | null {
  if (look === undefined) return null;
  if (post === null) {
    throw new DeployImpactError("USAGE", "--look with a panel needs --post: the looks divide a planned post window.", {
      hint: "Say how long the whole post window is, for example --post 1h, also at the first look.",
    });
  }
  const planned = lookSchedule({ post, step, looks: look.of }, alpha, { settled, lag: 0 });
  return chooseLook(planned, alpha, look.number, settled);
}

/**
 * Panels are often history (or simulated): where the rows cover the question, they are its clock, so that the same
 * file gives the same result on every day. Only what they do not cover is compared with the real time.
 */
function panelAsOf(last: number | null, deployedAt: number, postEnd: number | null, step: number, now: number): number {
  const dataEnd = last === null ? null : last + step;
  if (dataEnd !== null && dataEnd > deployedAt && (postEnd === null || dataEnd >= postEnd)) return dataEnd;
  return Math.min(now, Math.max(postEnd ?? deployedAt, dataEnd ?? deployedAt));
}

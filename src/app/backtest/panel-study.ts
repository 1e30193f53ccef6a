import { DeployImpactError } from "../../core/errors.ts";
import { waveSpan } from "../../core/panel/waves.ts";
import type { Ports } from "../../ports.ts";
import {
  chooseStep,
  type Deployed,
  type PanelRequest,
  panelPlan,
  type ReadPanel,
  readPanels,
  refuseUnknownUnits,
  statedIn,
} from "../panels.ts";
import { dataSpan } from "./config-study.ts";
import { inOrder } from "./cut.ts";
import { joinKnown, type KnownHistory, statedDeployment } from "./known.ts";
import { askedSpan, type HistorySpan, usedSpan } from "./span.ts";
import type { Study, StudyPart } from "./study.ts";

export interface PanelStudyRequest {
  readonly panel: PanelRequest;
  readonly span: HistorySpan;
  readonly known: (span: { readonly from: number; readonly to: number }) => Promise<KnownHistory>;
}

/** Panels hold all of their history; how long the windows are is said by flags. */
export async function studyPanels(
  { panel, span, known }: PanelStudyRequest,
  ports: Pick<Ports, "now" | "log">,
): Promise<Study> {
  const { pre, post, settle } = panel;
  if (pre === null || post === null) throw windowsMissing(pre === null ? "--pre" : "--post");
  const panels = await readPanels(panel, ports);
  refuseUnknownUnits(panels, panel);
  const { step, warnings } = chooseStep(panel.step, panels);
  const stated = statedIn(panel, panels);
  const asked = askedSpan(span, Number.MAX_SAFE_INTEGER, true);
  const part: StudyPart = {
    plan: panelPlan(panel, originOf(stated, panels, step), panels, step, 0),
    windows: { pre, settle, post, step },
    rollOut: rollOutOf(stated, { step, settle }),
    inputs: panels.map(({ id, file }) => inOrder({ sli: id, series: file.series, warnings: [] })),
  };
  const used = usedSpan(span, asked, dataSpan([part], asked));
  return {
    ...{ origin: part.plan.window.deployedAt, grid: step, ...used, parts: [part] },
    known: joinKnown([statedHistory(stated), await known(used)]),
    alpha: panel.alpha,
    seed: panel.seed,
    notes: warnings.map(({ sli, message }) => `${sli}: ${message}`),
  };
}

function windowsMissing(flag: string): DeployImpactError {
  return new DeployImpactError("USAGE", `${flag} is missing: a panel does not say how long the windows are.`, {
    hint: "Give both, for example --pre 24h --post 1h (and --settle 5m).",
  });
}

/** The stated deploy, so that its waves keep their distances; else the first row, whose steps are everybody's. */
function originOf(stated: Deployed | null, panels: readonly ReadPanel[], step: number): Deployed {
  if (stated !== null) return stated;
  let first = Number.POSITIVE_INFINITY;
  for (const { file } of panels)
    for (const { times } of file.series) for (const time of times) first = Math.min(first, time);
  return { deployedAt: Number.isFinite(first) ? Math.floor(first / step) * step : 0, source: "panel" };
}

function rollOutOf(stated: Deployed | null, spacing: { readonly step: number; readonly settle: number }): number {
  if (stated?.waves === undefined) return 0;
  const { deployedAt, lastAt } = waveSpan(stated.waves, spacing);
  return lastAt - deployedAt;
}

function statedHistory(stated: Deployed | null): KnownHistory {
  const none = { sources: [], exclusions: [], since: null, notes: [] };
  if (stated === null) return { ...none, deployments: null };
  const last = Math.max(stated.deployedAt, ...Object.values(stated.waves ?? {}));
  return { ...none, deployments: [statedDeployment(stated.deployedAt, last, stated.source)], sources: [stated.source] };
}

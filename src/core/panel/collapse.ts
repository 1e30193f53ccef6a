import { answer, type Outcome, refuse } from "../outcome.ts";
import type { AnalysisPlan, SliPlan } from "../plan.ts";
import { type Aligned, type AlignRules, alignPanel, BEFORE_AND_AFTER } from "./align.ts";
import { meanBetween, type Panel, unitValues, unitWeights } from "./panel.ts";
import type { SliSeries } from "./series.ts";

/** The panel at the level at which the deploy was assigned: aligned, then collapsed by `plan.clusters`. */
export function alignClusters(
  plan: AnalysisPlan,
  sli: SliPlan,
  input: SliSeries,
  rules: AlignRules = BEFORE_AND_AFTER,
): Outcome<Aligned> {
  const aligned = alignPanel(plan, sli, input, rules);
  if (!aligned.ok) return aligned;
  const collapsed = collapseClusters(aligned.value.panel, plan.clusters);
  return collapsed.ok ? answer({ ...aligned.value, panel: collapsed.value }) : collapsed;
}

/**
 * Averages the units of each cluster, the level at which the deploy was assigned, so that ten pods of one zone count as
 * one treated unit. A cell is the cluster's pre level plus the mean deviation of the units seen at that step: a unit that
 * comes or goes does not move it. Units: raw. Refuses a cluster that holds both treated and control units.
 */
export function collapseClusters(panel: Panel, clusters: Readonly<Record<string, string>>): Outcome<Panel> {
  if (Object.keys(clusters).length === 0) return answer(panel);
  const members = new Map<string, number[]>();
  panel.units.forEach((unit, u) => {
    const name = clusters[unit] ?? unit;
    members.set(name, [...(members.get(name) ?? []), u]);
  });
  const names = [...members.keys()].sort();
  for (const name of names) {
    const sides = new Set((members.get(name) ?? []).map((u) => panel.treated[u]));
    if (sides.size > 1) {
      return refuse(
        "NOT_ESTIMABLE",
        `The cluster ${name} holds treated and control units.`,
        "Let `cluster:` name the level at which the deploy was assigned, or drop it.",
        { cluster: name },
      );
    }
  }
  const values = new Float64Array(names.length * panel.steps);
  const weights = panel.weights === null ? null : new Float64Array(names.length * panel.steps);
  for (const [c, name] of names.entries()) fillCluster(panel, members.get(name) ?? [], c, values, weights);
  return answer({
    ...panel,
    units: names,
    treated: names.map((name) => panel.treated[(members.get(name) ?? [])[0] ?? 0] === true),
    values,
    weights,
  });
}

function fillCluster(
  panel: Panel,
  units: readonly number[],
  cluster: number,
  values: Float64Array,
  weights: Float64Array | null,
): void {
  const levels = units.map((u) => meanBetween(unitValues(panel, u), 0, panel.preEnd, unitWeights(panel, u)));
  const level = levels.reduce((sum, value) => sum + value, 0) / units.length;
  for (let t = 0; t < panel.steps; t++) {
    let sum = 0;
    let total = 0;
    units.forEach((u, i) => {
      const value = unitValues(panel, u)[t] as number;
      if (!Number.isFinite(value)) return;
      const weight = unitWeights(panel, u)?.[t] ?? 1;
      sum += weight * (value - (levels[i] as number));
      total += weight;
    });
    const at = cluster * panel.steps + t;
    values[at] = total > 0 ? level + sum / total : Number.NaN;
    if (weights !== null) weights[at] = total;
  }
}

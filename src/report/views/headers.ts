import type { MetricModel } from "../model.ts";

/** `Change vs control`; just `Change` where metrics are measured against different things. */
export function changeHeader(metrics: readonly MetricModel[]): string {
  const against = new Set(metrics.map((metric) => metric.against));
  return against.size === 1 ? `Change vs ${[...against][0]}` : "Change";
}

/** With waves time counts from each unit's own deploy. */
export function minutesHeader({ charts }: Pick<MetricModel, "charts">): string {
  return charts.eventStudy?.ownDeploy === true ? "Minutes from the unit's own deploy" : "Minutes from the deploy";
}

import type { ReportModel } from "../model.ts";
import { allTables, chart, footer, heading, leftOut, MOST_UNFOLDED, paragraphs, reportLink } from "./blocks.ts";
import { analyst, reviewer } from "./check.ts";
import { firstThatFits, SUMMARY_LIMIT } from "./fit.ts";

/** The job summary: what the check says plus the full tables, for whoever opens the run. */
export function renderSummary(model: ReportModel, limit: number = SUMMARY_LIMIT): string {
  return `${firstThatFits([() => full(model), () => compact(model), () => minimal(model)], limit - 1)}\n`;
}

function full(model: ReportModel): string {
  return paragraphs([
    ...reviewer(model),
    ...tables(model),
    chart(model),
    ...analyst(model, model.metrics.length),
    footer(model),
  ]);
}

function compact(model: ReportModel): string {
  return paragraphs([...reviewer(model), ...tables(model), leftOut(model), footer(model)]);
}

function minimal(model: ReportModel): string {
  return paragraphs([heading(model), reportLink(model)]);
}

function tables(model: ReportModel): readonly (string | null)[] {
  return model.metrics.length > MOST_UNFOLDED || model.services.length > 0
    ? [`**All ${model.metrics.length} metrics**`, allTables(model)]
    : [];
}

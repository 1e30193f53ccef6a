import type { ReportModel } from "../model.ts";
import {
  alerts,
  allTables,
  amendments,
  batchLine,
  bullets,
  chart,
  checkCount,
  folded,
  footer,
  heading,
  leftOut,
  MOST_UNFOLDED,
  method,
  metricDetail,
  next,
  paragraphs,
  prose,
  quality,
  queries,
  reactions,
  remainder,
  reportLink,
  reproduce,
  serviceLines,
  shortTable,
} from "./blocks.ts";
import type { CheckText } from "./contract.ts";
import { CHECK_FIELD_LIMIT, firstThatFits } from "./fit.ts";

/** Title for whoever scans a commit, summary for the reviewer, text for the analyst. */
export function renderCheck(model: ReportModel, limit: number = CHECK_FIELD_LIMIT): CheckText {
  return {
    title: model.title,
    summary: firstThatFits([() => fullSummary(model), () => compactSummary(model), () => minimalSummary(model)], limit),
    text: firstThatFits([() => fullText(model), () => compactText(model), () => minimalText(model)], limit),
  };
}

function fullSummary(model: ReportModel): string {
  const more = model.metrics.length > MOST_UNFOLDED || model.services.length > 0;
  return paragraphs([
    ...reviewer(model),
    more ? folded(`All ${model.metrics.length} metrics`, allTables(model)) : null,
    folded("Chart", chart(model)),
    footer(model),
  ]);
}

function compactSummary(model: ReportModel): string {
  return paragraphs([...reviewer(model), leftOut(model), footer(model)]);
}

function minimalSummary(model: ReportModel): string {
  return paragraphs([heading(model), amendments(model), reportLink(model)]);
}

/** Answer, table, meaning, next step, checks: the same first lines as the comment. */
export function reviewer(model: ReportModel): readonly (string | null)[] {
  return [
    heading(model),
    serviceLines(model),
    shortTable(model),
    remainder(model),
    alerts(model),
    amendments(model),
    prose(model.meaning),
    prose(model.budget),
    prose(model.setting),
    next(model),
    reactions(model),
    batchLine(model),
    checkCount(model),
  ];
}

function fullText(model: ReportModel): string {
  return paragraphs(analyst(model, model.metrics.length));
}

function compactText(model: ReportModel): string {
  return paragraphs([...analyst(model, MOST_UNFOLDED), leftOut(model)]);
}

function minimalText(model: ReportModel): string {
  return paragraphs([bullets(model.method), reproduce(model), leftOut(model)]);
}

/** Method, data quality, event-study numbers, checks, seed and versions. */
export function analyst(model: ReportModel, most: number): readonly (string | null)[] {
  return [
    ...model.metrics.slice(0, most).map(metricDetail),
    quality(model),
    method(model),
    reproduce(model),
    queries(model),
  ];
}

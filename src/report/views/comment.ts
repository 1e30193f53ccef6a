import type { MetricModel, ReportModel } from "../model.ts";
import {
  alerts,
  allTables,
  amendments,
  batchLine,
  chart,
  checkBullets,
  folded,
  footer,
  heading,
  history,
  leftOut,
  MOST_PARTS,
  MOST_UNFOLDED,
  method,
  next,
  paragraphs,
  prose,
  quality,
  reactions,
  remainder,
  reportLink,
  reproduce,
  serviceLines,
  shortTable,
  subgroupTable,
} from "./blocks.ts";
import { COMMENT_LIMIT, firstThatFits } from "./fit.ts";

/** The sticky comment: marker, one-line verdict, five metrics, what it means and what to do; the rest is folded. */
export function renderComment(model: ReportModel, limit: number = COMMENT_LIMIT): string {
  return firstThatFits([() => full(model), () => compact(model), () => minimal(model)], limit);
}

function full(model: ReportModel): string {
  return `${model.marker}\n${paragraphs([...visible(model), ...foldedBlocks(model), footer(model)])}\n`;
}

function compact(model: ReportModel): string {
  return `${model.marker}\n${paragraphs([...visible(model), leftOut(model), footer(model)])}\n`;
}

function minimal(model: ReportModel): string {
  return `${model.marker}\n${paragraphs([heading(model), amendments(model), reportLink(model)])}\n`;
}

function visible(model: ReportModel): readonly (string | null)[] {
  return [
    heading(model),
    history(model),
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
  ];
}

function foldedBlocks(model: ReportModel): readonly (string | null)[] {
  const lead = model.metrics[0];
  const needsTable = model.metrics.length > MOST_UNFOLDED || model.services.length > 0;
  return [
    needsTable ? folded(`All ${model.metrics.length} metrics`, allTables(model)) : null,
    lead === undefined ? null : folded(checksTitle(model), checkBullets(lead)),
    ...model.metrics.map((metric) =>
      metric.subgroups === null ? null : folded(partsTitle(metric), subgroupTable(metric, MOST_PARTS)),
    ),
    folded("Chart", chart(model)),
    folded("Data quality, method, reproduce", paragraphs([quality(model), method(model), reproduce(model)])),
  ];
}

function partsTitle({ label, subgroups }: MetricModel): string {
  return `${label} by ${subgroups?.by ?? ""}`;
}

function checksTitle(model: ReportModel): string {
  const lead = model.metrics[0];
  const of = model.metrics.length > 1 && lead !== undefined ? ` (${lead.label})` : "";
  const isAnswer = model.verdict !== "invalid" && model.verdict !== "inconclusive";
  return `${isAnswer ? "Why we believe it" : "What was checked"}${of}`;
}

import type { ReportModel } from "../model.ts";
import { renderSummary } from "./summary.ts";

/** The whole report as one Markdown document, without folding (`--format markdown`). */
export function renderMarkdown(model: ReportModel, limit: number = Number.POSITIVE_INFINITY): string {
  return renderSummary(model, limit);
}

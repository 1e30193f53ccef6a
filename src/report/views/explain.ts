import type { ReportModel } from "../model.ts";
import { amendments, checkBullets, folded, footer, heading, leftOut, paragraphs, prose } from "./blocks.ts";
import { analyst } from "./check.ts";
import { COMMENT_LIMIT, firstThatFits } from "./fit.ts";

/** How a verdict came about, in full, for whoever asks in a conversation. */
export function renderExplanation(model: ReportModel, limit: number = COMMENT_LIMIT): string {
  return firstThatFits(
    [() => explanation(model, model.metrics.length), () => compact(model), () => minimal(model)],
    limit,
  );
}

function explanation(model: ReportModel, most: number): string {
  return paragraphs([heading(model), prose(model.setting), amendments(model), ...analyst(model, most), footer(model)]);
}

/** The metric that made the verdict; the others are on the check. */
function compact(model: ReportModel): string {
  return paragraphs([explanation(model, 1), leftOut(model)]);
}

function minimal(model: ReportModel): string {
  const [lead] = model.metrics;
  const checks = lead === undefined ? null : folded("What was checked", checkBullets(lead));
  return paragraphs([heading(model), prose(model.setting), amendments(model), checks, leftOut(model)]);
}

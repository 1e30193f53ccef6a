import { describe, expect, it } from "vitest";
import type { ResultDocument } from "../../../src/core/result.ts";
import { withSeverity } from "../../../src/core/verdict/severity.ts";
import { buildReport } from "../../../src/report/build.ts";
import type { ReportContext } from "../../../src/report/context.ts";
import { renderCheck } from "../../../src/report/views/check.ts";
import { renderComment } from "../../../src/report/views/comment.ts";
import { IN_PUBLIC, ON_GITHUB } from "../../surfaces/contexts.ts";
import { percent, points, resultDocument } from "../../surfaces/documents.ts";

const slo = { target: 0.999, window: 30 * 86_400 };

function regression(after: number): ResultDocument {
  const effect = after / 0.001 - 1;
  const document = resultDocument("regression", [
    { id: "p95-latency", verdict: "regression", margin: percent(5), level: 200, effect: [0.124, 0.079, 0.17] },
    {
      id: "error-rate",
      verdict: "regression",
      kind: "ratio",
      margin: points(0.05),
      level: 0.001,
      effect: [effect, effect * 0.8, effect * 1.2],
    },
  ]);
  return { ...document, slis: document.slis.map((sli) => withSeverity(sli, sli.kind === "ratio" ? { slo } : {})) };
}

describe("how urgent a regression is", () => {
  it("is told beside the verdict, with the arithmetic", () => {
    const model = buildReport(regression(0.004), ON_GITHUB);
    expect(model.severity).toMatchObject({ level: "page", word: "Page" });
    expect(model.severity?.sentence).toBe(
      "Worth a page: error rate spends the error budget of 99.9% over 30 days at 4 times the speed that it allows, of which the deploy added 3: 5.8 minutes of full outage a day where 1.4 are allowed; at this rate a full budget is gone in 7 days 12 hours.",
    );
    expect(renderComment(model)).toContain("Worth a page: error rate spends");
    expect(renderCheck(model).summary).toContain("Worth a page: error rate spends");
  });

  it("does not give the error rate away where levels are not shown", () => {
    const { severity } = buildReport(regression(0.004), IN_PUBLIC);
    expect(severity?.sentence).toBe(
      "Worth a page: error rate spends the error budget of 99.9% more than twice as fast as it allows.",
    );
    expect(buildReport(regression(0.0015), IN_PUBLIC).severity?.sentence).toBe(
      "Worth a ticket, not a page: error rate spends the error budget of 99.9% at most twice as fast as it allows.",
    );
  });

  it("is left out without an SLO", () => {
    const document = regression(0.004);
    const bare = { ...document, slis: document.slis.map(({ severity: _severity, ...sli }) => sli) };
    expect(buildReport(bare, ON_GITHUB)).toMatchObject({ severity: null, budget: [] });
  });
});

describe("what was done about a verdict", () => {
  const context: ReportContext = {
    ...ON_GITHUB,
    reactions: [
      { at: "2026-11-20T14:05:00Z", what: "rollback started by @ann", state: "sent", url: "https://git.example.com/r" },
      { at: "2026-11-20T14:05:01Z", what: "would have paged <b>everybody</b>", state: "dry run", url: null },
    ],
  };

  it("stands under the next step, inert", () => {
    const comment = renderComment(buildReport(regression(0.004), context));
    expect(comment).toContain("2026-11-20 14:05 UTC");
    expect(comment).toContain("rollback started by");
    expect(comment).toContain("(dry run)");
    expect(comment).not.toContain("<b>");
    expect(comment).not.toMatch(/(^|[^\\\w`])@ann/);
    expect(comment).toContain("https://git.example.com/r");
  });

  it("is left out when nothing was", () => {
    expect(renderComment(buildReport(regression(0.004), { ...ON_GITHUB, reactions: [] }))).not.toContain(
      "Done about it",
    );
  });
});

import { describe, expect, test } from "vitest";
import { buildReport } from "../../../src/report/build.ts";
import { renderCheck } from "../../../src/report/views/check.ts";
import { renderComment } from "../../../src/report/views/comment.ts";
import {
  byteLength,
  CHECK_FIELD_LIMIT,
  COMMENT_LIMIT,
  OUTPUT_LIMIT,
  SUMMARY_LIMIT,
} from "../../../src/report/views/fit.ts";
import { renderHtml } from "../../../src/report/views/html.ts";
import { renderOutputs } from "../../../src/report/views/outputs.ts";
import { renderSummary } from "../../../src/report/views/summary.ts";
import { ON_GITHUB } from "../../surfaces/contexts.ts";
import { crowded } from "../../surfaces/documents.ts";

const MARKER = "<!-- deploy-impact:v1 env=production -->\n";
const LINK = "https://git.example.com/acme/shop/actions/runs/42";
const LEAD = "shard 120 request duration of the payment gateway +12.4% (7.9 to 17.0), margin 5%";

describe.each([200, 1500])("%s metrics", (metrics) => {
  const document = crowded(metrics);
  const model = buildReport(document, ON_GITHUB);

  test("the comment fits and keeps marker, verdict and link", () => {
    const comment = renderComment(model);
    expect(byteLength(comment)).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(comment.startsWith(MARKER)).toBe(true);
    expect(comment).toContain(LEAD);
    expect(comment).toContain(LINK);
  });

  test("check summary and text fit, and the title names the metric that made the verdict", () => {
    const check = renderCheck(model);
    expect(byteLength(check.summary)).toBeLessThanOrEqual(CHECK_FIELD_LIMIT);
    expect(byteLength(check.text)).toBeLessThanOrEqual(CHECK_FIELD_LIMIT);
    expect(check.title).toBe(`Regression: ${LEAD}`);
    expect(check.summary).toContain(LINK);
    expect(check.text).toContain("deploy-impact replay result.json");
  });

  test("the job summary fits", () => {
    const summary = renderSummary(model);
    expect(byteLength(summary)).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(summary).toContain(LEAD);
    expect(summary).toContain(LINK);
  });

  test("the result output fits, parses and says that it was shortened", () => {
    const outputs = renderOutputs(document, ON_GITHUB, "failure");
    expect(byteLength(outputs.result)).toBeLessThanOrEqual(OUTPUT_LIMIT);
    const parsed = JSON.parse(outputs.result);
    expect(parsed.schemaVersion).toBe(1);
    expect(parsed.verdict).toBe("regression");
    expect(parsed.slis.some((sli: { verdict: string }) => sli.verdict === "regression")).toBe(true);
    expect(outputs.result).not.toContain('"series"');
    expect(JSON.stringify(parsed.provenance.warnings)).toContain("shortened");
  });
});

test("every limit keeps marker, verdict word and link, whichever variant it forces", () => {
  const model = buildReport(crowded(12), ON_GITHUB);
  const full = renderComment(model);
  for (let limit = 400; limit <= byteLength(full); limit += 997) {
    const comment = renderComment(model, limit);
    expect(byteLength(comment)).toBeLessThanOrEqual(limit);
    expect(comment.startsWith(MARKER)).toBe(true);
    expect(comment).toContain("Regression");
    expect(comment).toContain(LINK);
    expect((comment.match(/<details>/g) ?? []).length).toBe((comment.match(/<\/details>/g) ?? []).length);
  }
});

test("a page with 200 metrics stays a page", () => {
  expect(byteLength(renderHtml(buildReport(crowded(200), ON_GITHUB)))).toBeLessThan(8_000_000);
});

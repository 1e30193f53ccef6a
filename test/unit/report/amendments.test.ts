import { describe, expect, test } from "vitest";
import { amendmentSentences, isAcknowledged, type PlanAmendment } from "../../../src/report/amendments.ts";
import { buildReport } from "../../../src/report/build.ts";
import { renderCheck } from "../../../src/report/views/check.ts";
import { renderComment } from "../../../src/report/views/comment.ts";
import { renderExplanation } from "../../../src/report/views/explain.ts";
import { renderHtml } from "../../../src/report/views/html.ts";
import { renderText } from "../../../src/report/views/text.ts";
import { IN_PUBLIC, ON_GITHUB } from "../../surfaces/contexts.ts";
import { DOCUMENTS } from "../../surfaces/documents.ts";

const AT = Date.UTC(2026, 10, 20, 13, 20) / 1000;
const made = { actor: "alice", at: AT } as const;
const same = (text: string): string => text;
const said = (...amendments: PlanAmendment[]): readonly string[] => amendmentSentences(amendments, same);

describe("what is said of a change", () => {
  test("a longer window with both lengths, and whether a result had been seen", () => {
    expect(said({ kind: "extend", ...made, from: 3600, to: 7200, sawResult: false })).toEqual([
      "Plan changed by `alice` on 2026-11-20 13:20 UTC: the post window is 2 hours instead of 1 hour; nobody had seen a result by then.",
    ]);
    expect(said({ kind: "extend", ...made, from: 3600, to: 7200, sawResult: true })[0]).toContain(
      "decided after a result had been seen",
    );
  });

  test("reruns with the same plan are one line, every other change is its own", () => {
    const again = { kind: "rerun", actor: "bob", at: AT + 60 } as const;
    expect(said({ kind: "rerun", ...made }, { kind: "late", ...made, seconds: 7200 }, again)).toEqual([
      "Looked at 2 hours later than planned; the windows are the announced ones.",
      "Analysed again on 2026-11-20 13:21 UTC with the same plan, as `bob` asked.",
    ]);
  });

  test("a config that changed meanwhile, with where it was read from", () => {
    expect(said({ kind: "config-changed", ...made, from: "main@aaaaaaa", to: null })).toEqual([
      "The config changed between the announcement (`main@aaaaaaa`) and the analysis; the announced plan was used.",
    ]);
  });
});

const ACK: PlanAmendment = {
  kind: "acknowledge",
  ...made,
  reason: "known cost of @team's <b>index</b> `x`, see db.example.com #12",
};

describe("where it is shown", () => {
  const model = buildReport(DOCUMENTS.regression, { ...ON_GITHUB, amendments: [ACK] });
  const surfaces: readonly (readonly [string, string])[] = [
    ["comment", renderComment(model)],
    ["smallest comment", renderComment(model, 700)],
    ["check", renderCheck(model).summary],
    ["smallest check", renderCheck(model, 700).summary],
    ["explanation", renderExplanation(model)],
    ["terminal", renderText(model, { width: 80, color: false })],
  ];

  test.each(surfaces)("%s", (_, text) => {
    expect(text.replaceAll(/\s+/g, " ")).toContain("Acknowledged by");
    expect(text.replaceAll(/\s+/g, " ")).toContain("it no longer fails the check");
  });

  test("the title says it, because it is all that many people read", () => {
    expect(model.title).toMatch(/^Regression, acknowledged: /);
    expect(isAcknowledged([ACK])).toBe(true);
    expect(buildReport(DOCUMENTS.regression, ON_GITHUB).title).toMatch(/^Regression: /);
  });

  test("the words of a person have no effect on any surface", () => {
    for (const [, text] of surfaces.slice(0, 5)) expect(text).not.toMatch(/@team|<b>index/);
    expect(renderHtml(model)).not.toContain("<b>index");
  });

  test("a public repository shows no address that somebody wrote into a reason", () => {
    const comment = renderComment(buildReport(DOCUMENTS.regression, { ...IN_PUBLIC, amendments: [ACK] }));
    expect(comment).not.toContain("db.example.com");
    expect(comment).toContain("(address hidden)");
  });

  test("a report without changes says nothing about any", () => {
    expect(renderComment(buildReport(DOCUMENTS.regression, ON_GITHUB))).not.toContain("Changed after the announcement");
  });

  test("an explanation keeps to the size of a comment by leaving metrics to the check", () => {
    const whole = renderExplanation(model);
    const small = renderExplanation(model, whole.length - 1);
    expect(small.length).toBeLessThan(whole.length);
    expect(small).toContain("Shortened to fit");
    expect(whole).toContain("**Method**");
  });
});

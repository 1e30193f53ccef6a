import { describe, expect, test } from "vitest";
import type { ReasonCode } from "../../../src/core/reasons.ts";
import { buildReport } from "../../../src/report/build.ts";
import { LOCAL_CONTEXT } from "../../../src/report/context.ts";
import { renderComment } from "../../../src/report/views/comment.ts";
import { renderText, wrap } from "../../../src/report/views/text.ts";
import { ON_GITHUB } from "../../surfaces/contexts.ts";
import { DOCUMENTS, percent, points, resultDocument } from "../../surfaces/documents.ts";

describe("title", () => {
  test.each([
    ["regression", "Regression: p95 latency +12.4% (7.9 to 17.0), margin 5%"],
    ["improvement", "Improvement: orders per second +6.1% (4.3 to 7.9), margin 3%"],
    ["no-impact", "No impact: p95 latency +0.4% (-1.2 to 2.0), margin 5%; all 3 metrics within margin"],
    ["inconclusive-time", "Inconclusive: error rate -0.10 to +0.90 pp, margin 0.5 pp; needs about 40 more minutes"],
    [
      "inconclusive-never",
      "Inconclusive: p95 latency +0.2 to +6.0%, margin 5%; worse, but not shown to exceed the margin",
    ],
    ["invalid-check", "Invalid: treated and control drifted apart before the deploy (p95 latency)"],
    ["invalid-refusal", "Invalid: no control units (both metrics)"],
    ["monorepo", "Regression: checkout / p95 latency +12.4% (7.9 to 17.0), margin 5%"],
    [
      "multiplicity",
      "Inconclusive: queue depth +13 to +43, margin 12; worse, but not beyond doubt among this many metrics",
    ],
    ["margin-zero", "Inconclusive: value -0.4 to +2.8%, no margin; needs about 90 more minutes"],
  ] as const)("%s", (name, title) => {
    expect(buildReport(DOCUMENTS[name], ON_GITHUB).title).toBe(title);
  });

  test("several regressions are counted", () => {
    const spec = { verdict: "regression", margin: percent(5), level: 1, effect: [0.1, 0.08, 0.12] } as const;
    const document = resultDocument("regression", [
      { ...spec, id: "a", pMargin: 0.01 },
      { ...spec, id: "b", pMargin: 0.0001 },
      { ...spec, id: "c", pMargin: 0.02 },
    ]);
    expect(buildReport(document, ON_GITHUB).title).toBe(
      "Regression: b +10.0% (8.0 to 12.0), margin 5%; also 2 other metrics",
    );
  });

  test("a drop that is worse is lower, not higher", () => {
    const document = resultDocument("regression", [
      {
        id: "orders",
        verdict: "regression",
        direction: "down",
        margin: percent(3),
        level: 400,
        effect: [-0.1, -0.13, -0.07],
      },
    ]);
    const model = buildReport(document, ON_GITHUB);
    expect(model.title).toBe("Regression: orders -10.0% (-13.0 to -7.0), margin 3%");
    expect(model.meaning[0]).toBe(
      "orders is between 7.0% and 13.0% lower than it would be without the deploy; up to 3% is tolerated.",
    );
  });

  test("an exact placebo rank has no interval and says so", () => {
    const base = resultDocument("inconclusive", [
      {
        id: "errors",
        verdict: "inconclusive",
        margin: points(1),
        kind: "ratio",
        level: 0.001,
        effect: [4, 3, 5],
        codes: ["EXACT_PLACEBO_RANK"],
      },
    ]);
    const document = {
      ...base,
      slis: base.slis.map((sli) => ({
        ...sli,
        estimate: sli.estimate && { ...sli.estimate, stdError: null, confLow: null, confHigh: null, pValue: 0.04 },
        relative: { att: 4, confLow: null, confHigh: null },
        mde: null,
      })),
    };
    const model = buildReport(document, ON_GITHUB);
    expect(model.title).toBe("Inconclusive: errors +0.400 pp, margin 1 pp; could not tell");
    expect(model.meaning[0]).toBe(
      "errors changed by +0.400 pp (p = 0.04 by rank among earlier windows); there is no interval.",
    );
  });

  test("no metric at all still has a title", () => {
    expect(buildReport(resultDocument("invalid", [], { reasonCodes: ["NO_DATA"] }), ON_GITHUB).title).toBe(
      "Invalid: no data",
    );
    expect(buildReport(resultDocument("no-impact", []), LOCAL_CONTEXT).title).toBe("No impact: no metric was analysed");
  });
});

describe("comment", () => {
  test("keeps one line of history", () => {
    const comment = renderComment(
      buildReport(DOCUMENTS["no-impact"], {
        ...ON_GITHUB,
        previous: { verdict: "regression", at: "2026-11-20T14:05:00Z" },
      }),
    );
    expect(comment.split("\n").slice(0, 4)).toEqual([
      "<!-- deploy-impact:v1 env=production -->",
      "### 🟢 No impact in production after `a1b2c3d`: p95 latency +0.4% (-1.2 to 2.0), margin 5%; all 3 metrics within margin",
      "",
      "<sub>was: regression at 2026-11-20 14:05 UTC</sub>",
    ]);
  });

  test("a deploy of several pull requests blames none of them", () => {
    const comment = renderComment(buildReport(DOCUMENTS.regression, { ...ON_GITHUB, batchPullRequests: [7, 8, 9] }));
    expect(comment).toContain(
      "This deploy contained 3 pull requests; the effect is not attributed to any one of them.",
    );
  });

  test("slash commands are named only where somebody answers them", () => {
    expect(renderComment(buildReport(DOCUMENTS.regression, ON_GITHUB))).not.toContain("/deploy-impact ");
    expect(renderComment(buildReport(DOCUMENTS.regression, { ...ON_GITHUB, commands: true }))).toContain(
      "`/deploy-impact ack`",
    );
    expect(renderComment(buildReport(DOCUMENTS["inconclusive-time"], { ...ON_GITHUB, commands: true }))).toContain(
      "`/deploy-impact extend 40m`",
    );
  });

  test("at most five metrics are unfolded and the rest is counted", () => {
    const comment = renderComment(buildReport(DOCUMENTS.multiplicity, ON_GITHUB));
    const visible = comment.slice(0, comment.indexOf("<details>"));
    expect(visible.match(/^\| (?!Metric|---)/gm)?.length).toBe(5);
    expect(visible).toContain("2 more metrics below. In all: 2 inconclusive, 5 no impact.");
  });

  test("the smallest possible p is called that", () => {
    expect(renderComment(buildReport(DOCUMENTS.regression, ON_GITHUB))).toContain(
      "0 of 6 as large (p = 0.14, the smallest possible here)",
    );
  });

  test("never says significant", () => {
    for (const document of Object.values(DOCUMENTS))
      expect(renderComment(buildReport(document, ON_GITHUB))).not.toMatch(/significan/i);
  });
});

describe("terminal", () => {
  test("no line is longer than asked, in a log and on a narrow screen", () => {
    for (const document of Object.values(DOCUMENTS)) {
      for (const width of [40, 80, 120]) {
        const lines = renderText(buildReport(document, LOCAL_CONTEXT), { width, color: false }).split("\n");
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      }
    }
  });

  test("color only when asked", () => {
    const model = buildReport(DOCUMENTS.regression, LOCAL_CONTEXT);
    expect(renderText(model, { width: 80, color: false })).not.toContain("\u001b");
    const colored = renderText(model, { width: 80, color: true });
    expect(colored.replace(new RegExp(`${"\u001b"}\\[\\d+m`, "g"), "")).toBe(
      renderText(model, { width: 80, color: false }),
    );
    expect(colored).toContain("\u001b[31m");
  });

  test("a name longer than the line is not broken", () => {
    expect(wrap("see a-very-long-name-that-cannot-be-broken now", 20)).toEqual([
      "see",
      "a-very-long-name-that-cannot-be-broken",
      "now",
    ]);
  });
});

test("advice of an inconclusive result without a way to wait is how to get a sharper answer", () => {
  const codes: ReasonCode[] = ["NOT_POWERED", "MORE_TIME_WILL_NOT_DECIDE"];
  const document = resultDocument("inconclusive", [
    {
      id: "cpu",
      verdict: "inconclusive",
      margin: percent(5),
      level: 1,
      effect: [0.01, -0.1, 0.12],
      codes,
      time: { decidable: false, postWindow: null, additional: null },
    },
  ]);
  expect(buildReport(document, ON_GITHUB).next).toEqual([
    "Keep watching cpu: this is not a pass.",
    "Add units, lengthen the windows or accept a wider margin.",
    "Add control units, lengthen `windows.pre` or accept a wider margin.",
  ]);
});

describe("an effect beside a level that may be zero", () => {
  const base = resultDocument("regression", [
    { id: "balance", verdict: "regression", margin: percent(5), level: 0.03, effect: [36, 3, 40], pMargin: 0.001 },
  ]);
  const withRelative = (confHigh: number | null, values: "full" | "relative" = "full") =>
    buildReport(
      { ...base, slis: base.slis.map((sli) => ({ ...sli, relative: { att: 36, confLow: 3, confHigh } })) },
      { ...LOCAL_CONTEXT, values },
    ).metrics[0];

  test("is told in its own unit with its interval when percent would lose it", () => {
    expect(withRelative(40)?.change).toBe("+3600%");
    const metric = withRelative(null);
    expect(metric?.change).toBe("+1.08");
    expect(metric?.interval).toBe("0.09 to 1.20");
    expect(metric?.meaning[0]).toMatch(/^balance is between 0\.09 and 1\.20 higher/);
  });

  test("says the end that it has, and never a rank that was not taken, when own units are hidden", () => {
    const [first] = withRelative(null, "relative")?.meaning ?? [];
    expect(first).toMatch(/^balance changed by \+3600% \(p [<=] [\d.]+\), at least \+300/);
    expect(first).not.toContain("rank");
  });
});

describe("nothing is said twice or wrongly", () => {
  const lines = (document: Parameters<typeof buildReport>[0]): string =>
    renderText(buildReport(document, LOCAL_CONTEXT), { width: 100, color: false });

  test("a reason that all metrics share stands in the first line only", () => {
    const text = lines(DOCUMENTS["invalid-refusal"]);
    expect(text).toContain("no control units (both metrics)");
    expect(text).not.toContain("error rate: invalid");
  });

  test("a reason of one metric among others is told", () => {
    const document = DOCUMENTS["invalid-refusal"];
    const slis = document.slis.map((sli, index) => (index === 0 ? sli : { ...sli, reasonCodes: ["NO_DATA"] as const }));
    expect(lines({ ...document, slis })).toContain("error rate: invalid (no data)");
  });

  test("data that nobody looked at are not called complete", () => {
    const document = DOCUMENTS["invalid-refusal"];
    expect(lines({ ...document, units: { treated: [], control: [], excluded: [] } })).not.toContain("0 treated");
    expect(buildReport(document, LOCAL_CONTEXT).quality).toEqual(["Not checked: the comparison was refused before."]);
  });

  test("a source that keeps less history than planned is told", () => {
    const document = DOCUMENTS.regression;
    const preEnd = document.windows.preEnd ?? 0;
    const reach = (planned: number, used: number, step = 60): readonly string[] =>
      buildReport(
        {
          ...document,
          windows: { ...document.windows, preStart: preEnd - used, step },
          plans: document.plans.map((plan) => ({ ...plan, window: { ...plan.window, preStart: preEnd - planned } })),
        },
        LOCAL_CONTEXT,
      ).quality;
    const line = "The data before the deploy reach back 10 days, not 60 days.";
    expect(reach(60 * 86_400, 10 * 86_400)).toContain(line);
    expect(reach(86_400, 86_340).join()).not.toContain("reach back");
  });

  test("more time for a panel is more rows, because it has no setting", () => {
    const document = DOCUMENTS["inconclusive-time"];
    const panel = { ...document, provenance: { ...document.provenance, configHash: null } };
    expect(buildReport(document, LOCAL_CONTEXT).next.join(" ")).toContain("`windows.post: ");
    expect(buildReport(panel, LOCAL_CONTEXT).next.join(" ")).toMatch(
      /on a panel that reaches [\d a-z]+ past the deploy/,
    );
  });
});

import { type DomDocument, JSDOM } from "jsdom";
import { describe, expect, test } from "vitest";
import type { ResultDocument, SliResult } from "../../../src/core/result.ts";
import { buildReport } from "../../../src/report/build.ts";
import type { ReportContext } from "../../../src/report/context.ts";
import { REPORT_VIEWS, renderHtml } from "../../../src/report/views/html.ts";
import { IN_PUBLIC, ON_GITHUB } from "../../surfaces/contexts.ts";
import { crowded, DOCUMENTS, type DocumentName } from "../../surfaces/documents.ts";

const names = Object.keys(DOCUMENTS) as DocumentName[];

function pageOf(document: ResultDocument, context: ReportContext = ON_GITHUB): DomDocument {
  return new JSDOM(renderHtml(buildReport(document, context))).window.document;
}

/** What a person sees in one view: without what belongs to the others only, and without drawings. */
function textOf(page: DomDocument, view: string): string {
  const copy = page.body.cloneNode(true);
  for (const hidden of copy.querySelectorAll(`.view:not(.in-${view}), svg, pre[aria-label^='Series of']`))
    hidden.remove();
  for (const block of copy.querySelectorAll("p, li, td, th, dt, dd, div, h1, h2, h3, pre, summary, span"))
    block.append(" ");
  return (copy.textContent ?? "").replaceAll("\u00a0", " ");
}

describe("numbers", () => {
  describe.each(names)("of %s", (name) => {
    const document = DOCUMENTS[name];
    const page = pageOf(document);
    const known = knownNumbers(document);

    test.each(REPORT_VIEWS)("in the %s view are those of the result", (view) => {
      const strange = numbersIn(textOf(page, view)).filter((token) => !isRounding(token, known));
      expect(strange).toEqual([]);
    });

    test("of every metric in the table are its own", () => {
      const rows = [...page.querySelectorAll("table.stack:not(.checks) tbody tr")].filter((row) =>
        row.querySelector("td.effect"),
      );
      expect(rows.length).toBe(document.slis.length);
      for (const row of rows) {
        const label = row.querySelector("th")?.firstChild?.textContent ?? "";
        const sli = document.slis.find((one) => labels(one).includes(label));
        expect(sli, `for ${label}`).toBeDefined();
        if (sli === undefined) continue;
        const [change = "", interval = ""] = [...row.querySelectorAll("td.number")].map(
          (cell) => cell.textContent ?? "",
        );
        if (sli.estimate === null) {
          expect(change).toBe("-");
          continue;
        }
        const { att, confLow, confHigh } = scaleOf(sli, change);
        expectRounded(change, att);
        const [low = "", high = ""] = interval.split(" to ");
        expectRounded(low, confLow);
        expectRounded(high, confHigh);
      }
    });

    test("under their names in result.json are those there, digit by digit", () => {
      const model = buildReport(document, ON_GITHUB);
      for (const metric of model.metrics) {
        const sli = document.slis.find((one) => one.id === metric.id && one.service === metric.service);
        for (const { name: path, text } of metric.numbers) {
          const value = path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], sli);
          expect(Number(text), `at ${path}`).toBe(value);
        }
        const isAnswered = sli?.estimate !== null;
        expect(metric.numbers.some((one) => one.name === "estimate.att")).toBe(isAnswered);
      }
    });
  });
});

test("the series as numbers are means of the result's own series", () => {
  const document = DOCUMENTS["inconclusive-never"];
  const [sli] = document.slis;
  const series = sli?.series;
  if (sli === undefined || series === undefined) throw new Error("this document has a series");
  const [head = "", ...lines] = (
    pageOf(document).querySelector("pre[aria-label^='Series of']")?.textContent ?? ""
  ).split("\n");
  expect(head).toBe("minutes,treated,expected,control");
  expect(lines.length).toBeGreaterThan(100);
  const minutes = lines.map((line) => Number(line.split(",")[0]));
  const bin = ((minutes[1] ?? 0) - (minutes[0] ?? 0)) * 60;
  for (const line of lines) {
    const [minute = "", ...values] = line.split(",");
    const from = (document.windows.deployedAt + Number(minute) * 60 - series.start) / series.step;
    for (const [index, all] of [series.treated, series.counterfactual, series.control].entries()) {
      const own = all.slice(from, from + bin / series.step).filter((value) => value !== null);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      expect(Math.abs(Number(values[index]) / mean - 1), `in ${line}`).toBeLessThan(0.0006);
    }
  }
});

describe("views", () => {
  const page = pageOf(DOCUMENTS.regression);

  test("are one group of radio buttons with names, the first one chosen", () => {
    const group = page.querySelector("fieldset");
    expect(group?.querySelector("legend")?.textContent).toBe("View");
    const options = [...(group?.querySelectorAll("label") ?? [])];
    expect(options.map((label) => label.textContent)).toEqual(["Executive", "On-call", "Debug"]);
    expect(options.map((label) => label.querySelector("input")?.hasAttribute("checked"))).toEqual([true, false, false]);
    const asked = new JSDOM(renderHtml(buildReport(DOCUMENTS.regression, ON_GITHUB), "debug")).window.document;
    expect(asked.querySelector("input[checked]")?.id).toBe("view-debug");
  });

  test("all begin with the verdict and what to do next", () => {
    for (const view of REPORT_VIEWS) {
      expect(textOf(page, view)).toContain("Regression");
      expect(textOf(page, view)).toContain("Next: Roll back");
    }
  });

  test("on-call: what is hurt, since when, and the rest is named", () => {
    const text = textOf(page, "on-call");
    expect(text).toMatch(/p95 latency\s+regression\s+\+12\.4% \(7\.9 to 17\.0\), margin 5%/);
    expect(text).toContain("First seen 5 to 20 minutes after the deploy (13:05 to 13:20 UTC) at +11.2%");
    expect(text).toContain("Inconclusive: cpu.");
    expect(text).toContain("No impact: error rate and orders per second.");
    expect(text).not.toContain("What was tried to break it");
  });

  test("on-call names the units that got the deploy, most harm first", () => {
    const text = textOf(pageOf(withUnits(DOCUMENTS.regression, 3)), "on-call");
    expect(text).toMatch(
      /Units:\s+unit-02 \+\d+\.\d%, unit-01 \+\d+\.\d% and unit-00 [+-]?\d+\.\d%, most harm first\./,
    );
  });

  test("on-call after a deploy that did nothing says so", () => {
    const text = textOf(pageOf(DOCUMENTS["no-impact"]), "on-call");
    expect(text).toMatch(/What is hurt\s+Nothing\./);
    expect(text).not.toContain("How it went");
  });

  test("debug has queries, seed, hashes, windows, data health and every check with its numbers", () => {
    const text = textOf(page, "debug");
    const { provenance } = DOCUMENTS.regression;
    for (const part of [
      provenance.dataHash,
      "seed 7",
      "histogram_quantile",
      "2026-11-20 13:00 UTC",
      "placebo-in-time values",
    ])
      expect(text).toContain(part);
    expect(text).toMatch(/statistic 1\.1, p = 0\.41/);
    expect(page.querySelectorAll("figure").length).toBeGreaterThan(8);
  });

  test("what followed and what it costs is told where it is known, and nothing is made up where it is not", () => {
    const told = pageOf(DOCUMENTS.regression, {
      ...ON_GITHUB,
      reactions: [{ at: "2026-11-20T14:10:00Z", what: "Page to the team", state: "done", url: null }],
      budget: ["At this rate the budget of 30 days is gone in 3 days."],
    });
    expect(textOf(told, "on-call")).toMatch(/2026-11-20 14:10 UTC\s+Page to the team\s+done/);
    expect(textOf(told, "executive")).toContain("the budget of 30 days");
    expect(textOf(page, "debug")).not.toContain("What was done");
    const quiet = pageOf(DOCUMENTS["no-impact"], { ...ON_GITHUB, reactions: [] });
    expect(textOf(quiet, "on-call")).toContain("no alert and no rollback followed");
  });
});

describe("a public repository", () => {
  const document = withUnits(DOCUMENTS.regression, 3);
  const html = renderHtml(buildReport(document, IN_PUBLIC));

  test("sees units by position and no facts, queries or levels", () => {
    expect(html).not.toContain("unit-0");
    expect(html).toContain("treated 1");
    expect(html).not.toContain("histogram_quantile");
    expect(html).not.toContain("What the checks wrote down");
    expect(html).not.toContain("baseline.");
    const [latency] = buildReport(document, IN_PUBLIC).metrics;
    const shown = latency?.numbers.map(({ name }) => name) ?? [];
    expect(shown).toContain("relative.att");
    expect(shown.filter((name) => /^estimate\.(att|stdError|conf)|absolute/.test(name))).toEqual([]);
  });
});

test("ten metrics of fifty units over two days fit into 400 kB", () => {
  const wide = withUnits(crowded(10), 25);
  const wave = (tone: number): number[] => Array.from({ length: 2880 }, (_, i) => 0.25 + 0.01 * Math.sin(i * tone));
  const start = wide.windows.deployedAt - 2880 * 60 + 7800;
  const document = {
    ...wide,
    slis: wide.slis.map((sli) => ({
      ...sli,
      eventStudy: Array.from({ length: 18 }, (_, i) => ({
        relTime: (i - 12) * 3600,
        span: 3600,
        estimate: 0.0123456789012 * Math.sin(i),
        confLow: -0.0123456789012,
        confHigh: 0.0223456789012,
      })),
      series: { start, step: 60, treated: wave(0.01), counterfactual: wave(0.011), control: wave(0.012), raw: [] },
    })),
  };
  const bytes = Buffer.byteLength(renderHtml(buildReport(document, ON_GITHUB)));
  expect(bytes).toBeLessThan(400_000);
  expect(bytes).toBeGreaterThan(100_000);
});

/** The same result with units of its own, the later ones hurt more. */
function withUnits(document: ResultDocument, amount: number): ResultDocument {
  const unit = (index: number): string => `unit-${String(index).padStart(2, "0")}`;
  const all = Array.from({ length: amount * 2 }, (_, index) => index);
  const lists = {
    treated: all.slice(0, amount).map(unit),
    control: all.slice(amount).map(unit),
    excluded: [],
  };
  return {
    ...document,
    units: lists,
    slis: document.slis.map((sli) => ({
      ...sli,
      units: lists,
      unitChanges: all.map((index) => ({
        unit: unit(index),
        group: index < amount ? ("treated" as const) : ("control" as const),
        weight: 1 / amount,
        change: index < amount ? 0.0213456789 + index / 1000 : 0.0001234567 * index,
      })),
    })),
  };
}

function labels(sli: SliResult): readonly string[] {
  const name = sli.id.replace(/(?<=\w)[-_](?=\w)/g, " ");
  return [name, sli.id, `${sli.service} / ${name}`, `${sli.service} / ${sli.id}`];
}

/** The numbers of result.json in the unit that the cell is written in. */
function scaleOf(sli: SliResult, cell: string): { att: number; confLow: number | null; confHigh: number | null } {
  const { estimate, relative } = sli;
  const times = (from: typeof estimate | typeof relative, factor: number) => ({
    att: (from?.att ?? Number.NaN) * factor,
    confLow: from?.confLow == null ? null : from.confLow * factor,
    confHigh: from?.confHigh == null ? null : from.confHigh * factor,
  });
  if (cell.endsWith("%")) return times(relative, 100);
  return times(estimate, cell.endsWith("pp") ? 100 : 1);
}

function expectRounded(text: string, value: number | null): void {
  if (value === null) return;
  const number = text.replace(/[^\d.-]/g, "");
  const decimals = number.split(".")[1]?.length ?? 0;
  expect(Math.abs(Number(number) - value), `${text} for ${value}`).toBeLessThanOrEqual(0.5000001 * 10 ** -decimals);
}

/** Numbers with a fraction, or with three digits and more; times, dates, hashes and versions are no numbers. */
function numbersIn(text: string): readonly string[] {
  const plain = text
    .replace(/\b[0-9a-f]{7,}\b/g, " ")
    .replace(/\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z)?|\d{2}:\d{2}(?::\d{2})?|deploy-impact \S+|Version\s+[\d.]+|di1:\S+/g, " ")
    .replace(/\{[^}]*\}|histogram_quantile\(.*/g, " ")
    .replace(/less than 0\.001|p < 0\.001/g, " ");
  return (plain.match(/(?<![\w.-])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?/g) ?? [])
    .map((token) => token.replace(/,$/, ""))
    .filter((token) => /\.|\d{3}/.test(token));
}

/** Every number of the document, as it stands and in the units that reports are written in. */
function knownNumbers(document: ResultDocument): readonly number[] {
  const found = new Set<number>();
  const walk = (value: unknown): void => {
    if (typeof value === "number") found.add(value);
    else if (typeof value === "string") for (const part of value.match(/\d+(?:\.\d+)?/g) ?? []) found.add(Number(part));
    else if (Array.isArray(value)) {
      found.add(value.length);
      value.forEach(walk);
    } else if (value !== null && typeof value === "object") Object.values(value).forEach(walk);
  };
  walk(document);
  const alphas = document.plans.map(({ alpha }) => alpha);
  const factors = document.slis.flatMap(({ baseline }) =>
    baseline.counterfactualPost === null ? [] : [100 / baseline.counterfactualPost],
  );
  const levels = document.slis.flatMap(({ baseline }) =>
    baseline.treatedPre === null ? [] : [100 / baseline.treatedPre],
  );
  const base = [...found, ...alphas.map((alpha) => alpha / 2), ...alphas.map((alpha) => 1 - alpha)];
  return base.flatMap((value) =>
    [1, 100, 1 / 60, 1 / 3600, ...factors, ...levels].map((factor) => Math.abs(value * factor)),
  );
}

function isRounding(token: string, known: readonly number[]): boolean {
  const value = Math.abs(Number(token.replaceAll(",", "")));
  const decimals = token.includes("e") ? 12 : (token.split(".")[1]?.length ?? 0);
  const half = 0.5000001 * 10 ** -decimals;
  return known.some((one) => Math.abs(one - value) <= half);
}

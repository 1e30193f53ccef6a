import { describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { ERROR_CODES, type ErrorCode } from "../../../src/core/errors.ts";
import type { PendingPlan } from "../../../src/report/views/contract.ts";
import { byteLength, CHECK_FIELD_LIMIT } from "../../../src/report/views/fit.ts";
import { errorReference, renderErrorCheck, renderNotApplicable } from "../../../src/report/views/notices.ts";
import { renderPendingCheck } from "../../../src/report/views/pending.ts";
import { crowded, DOCUMENTS } from "../../surfaces/documents.ts";

const AT = Date.UTC(2026, 10, 20, 13, 0, 0) / 1000;
const PLAN: PendingPlan = {
  environment: "production",
  sha: "a1b2c3d4e5",
  plans: DOCUMENTS.monorepo.plans,
  treated: "zone: eu-1, eu-2",
  control: "zone: us-1, us-2, us-3",
  readyAt: AT + 3900,
  finishedBy: "scheduled-run",
  publicRepository: false,
};

describe("pending check", () => {
  test("registers the plan before the data exist", async () => {
    const { title, summary } = renderPendingCheck(PLAN);
    expect(title).toBe("Waiting for data until 14:05 UTC");
    await expect(`${title}\n\n${summary}\n`).toMatchFileSnapshot("../../surfaces/notices/pending.md");
  });

  test("another day is named with its date", () => {
    expect(renderPendingCheck({ ...PLAN, readyAt: AT + 86_400 }).title).toBe(
      "Waiting for data until 2026-11-21 13:00 UTC",
    );
  });

  test("a public repository does not show how units are found", () => {
    const { summary } = renderPendingCheck({ ...PLAN, publicRepository: true });
    expect(summary).not.toContain("eu-1");
    expect(summary).toContain("p95 latency");
  });

  test("a thousand metrics fit", () => {
    const { summary } = renderPendingCheck({ ...PLAN, plans: crowded(1000).plans });
    expect(byteLength(summary)).toBeLessThanOrEqual(CHECK_FIELD_LIMIT);
    expect(summary).toContain("and 950 more metrics");
  });
});

describe("error check", () => {
  const context = {
    publicRepository: false,
    runUrl: "https://git.example.com/acme/shop/actions/runs/42",
    issueUrl: "https://git.example.com/deploy-impact/issues/new",
  };
  const error = (code: ErrorCode) => ({
    code,
    message: "prom.corp answered 401",
    hint: "set the environment variable PROM_TOKEN to a valid token",
    retryable: ERROR_CODES[code].retryable,
  });

  test.each(Object.keys(ERROR_CODES) as ErrorCode[])(
    "%s says what to change and that the deploy was not judged",
    (code) => {
      const { title, summary } = renderErrorCheck(error(code), context);
      expect(title).not.toMatch(/regression|impact/i);
      expect(summary).toContain("The deploy was not judged");
      expect(summary).toContain("Set the environment variable PROM_TOKEN");
      expect(summary).toContain(code);
    },
  );

  test("reviewed text", async () => {
    const missing = renderErrorCheck(
      {
        ...error("CONFIG_MISSING"),
        message: "no .github/deploy-impact.yml on the default branch",
        hint: "add .github/deploy-impact.yml to the default branch",
      },
      context,
    );
    const invalid = renderErrorCheck(
      {
        ...error("CONFIG_INVALID"),
        message: 'unknown key "windwos"',
        hint: 'write "windows"',
        position: { file: ".github/deploy-impact.yml", line: 7, column: 3 },
      },
      context,
    );
    const unauthorized = renderErrorCheck(error("SOURCE_UNAUTHORIZED"), context);
    const bug = renderErrorCheck(error("INTERNAL"), context);
    const page = [missing, invalid, unauthorized, bug]
      .map(({ title, summary }) => `${title}\n\n${summary}`)
      .join("\n\n========\n\n");
    await expect(`${page}\n`).toMatchFileSnapshot("../../surfaces/notices/errors.md");
  });

  test("the config it proposes is one that loads", () => {
    const { summary } = renderErrorCheck(error("CONFIG_MISSING"), context);
    const text = summary.match(/```yaml\n([\s\S]*?)\n```/)?.[1] ?? "";
    expect(loadConfig({ text, file: ".github/deploy-impact.yml", environment: null }).services.length).toBe(1);
  });

  test("the same bug has the same short name, another bug another", () => {
    expect(errorReference("a")).toMatch(/^DI-[0-9a-f]{4}$/);
    expect(errorReference("a")).toBe(errorReference("a"));
    expect(errorReference("a")).not.toBe(errorReference("b"));
  });

  test("a page of HTML from a server is not printed whole", () => {
    const { summary } = renderErrorCheck({ ...error("SOURCE_MALFORMED"), message: "<html>".repeat(50_000) }, context);
    expect(byteLength(summary)).toBeLessThan(CHECK_FIELD_LIMIT);
    expect(summary).not.toContain("<html>");
  });
});

test("not applicable is said in the title", () => {
  expect(renderNotApplicable("merge queue group")).toEqual({
    title: "Not applicable: merge queue group",
    summary: "No deploy is judged here: merge queue group.",
  });
});

test("a public repository learns from a source's error what to do, not which units there are", () => {
  const error = {
    code: "SOURCE_REJECTED",
    message: "two series for the unit checkout-eu-1 of prom.internal:9090",
    hint: "Aggregate with `sum by (zone)`.",
    retryable: false,
  } as const;
  const shown = renderErrorCheck(error, { publicRepository: true, runUrl: null }).summary;
  expect(shown).not.toContain("checkout-eu-1");
  expect(shown).toContain("Aggregate");
  expect(renderErrorCheck(error, { publicRepository: false, runUrl: null }).summary).toContain("checkout-eu-1");
});

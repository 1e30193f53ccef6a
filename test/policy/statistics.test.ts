import { describe, expect, it } from "vitest";
import { TIDY_ESTIMATORS } from "../../src/core/estimators/index.ts";
import { filesUnder, textOf } from "./repository.ts";

const PARTS = ["Estimand", "Assumptions", "Refuses", "Proven by", "Source"];

const pages = filesUnder("docs/statistics").filter((file) => file.endsWith(".md"));
const index = textOf("docs/statistics.md");

/** Estimators that a page says it is about: `--estimator NAME` in its first lines. */
function estimatorsOf(page: string): readonly string[] {
  const head = textOf(page).split("**Estimand.**")[0] ?? "";
  return [...head.matchAll(/`--estimator ([a-z0-9-]+)/g)].map((match) => match[1] ?? "");
}

describe("docs/statistics.md", () => {
  it.each(TIDY_ESTIMATORS.map(({ id }) => id))("leads to a page about %s", (id) => {
    const page = pages.find((candidate) => estimatorsOf(candidate).includes(id));
    expect(page, `a page in docs/statistics with \`--estimator ${id}\``).toBeDefined();
    const row = index.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${id}\``)) ?? "";
    expect(row).toContain(`(${page?.replace("docs/", "")})`);
  });

  it("names no estimator that does not exist", () => {
    const known = TIDY_ESTIMATORS.map(({ id }) => id);
    const named = pages.flatMap((page) => estimatorsOf(page));
    expect(named.filter((id) => !known.includes(id))).toEqual([]);
  });

  it.each(pages)("%s says what is estimated, when it is refused and what proves it", (page) => {
    const text = textOf(page);
    // a method of several formulas has a part for each
    const parts = estimatorsOf(page).length > 0 ? [...PARTS, "Formula"] : PARTS;
    expect(parts.filter((part) => !text.includes(`**${part}`))).toEqual([]);
    expect(index).toContain(`(${page.replace("docs/", "")})`);
  });
});

describe("every estimator", () => {
  it.each(TIDY_ESTIMATORS)(
    "$id names its source, its errors and settings with a default that it accepts",
    (estimator) => {
      expect(estimator.id).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(estimator.reference.length).toBeGreaterThan(0);
      expect(new Set(estimator.vcovs).size).toBe(estimator.vcovs.length);
      const names = estimator.settings.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const { accepts, default: usual } of estimator.settings) {
        if (accepts?.type === "choice") expect(accepts.values).toContain(usual);
        if (accepts?.type === "number" && !accepts.also?.includes(usual)) expect(Number(usual)).not.toBeNaN();
      }
    },
  );
});

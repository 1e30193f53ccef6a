import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { list, number, object } from "../../../reference/runners/json.ts";
import { answered, expectNear, oracle, refused, row } from "./tidy-expectations.ts";

const { expected, table } = oracle("its");
const WEEK = 604_800;
const TERM = "treated:post:now";

function tripleColumns() {
  const data = table("triple.csv");
  return {
    unit: data.text("unit"),
    time: [...data.numeric("time")],
    y: [...data.numeric("y")],
    d: [...data.numeric("d")],
  };
}

function tripleTable(): TidyData {
  const { unit, time, y, d } = tripleColumns();
  return tidyTable({ unit, time, outcome: y, treatment: d });
}

describe("triple-difference", () => {
  const wanted = object(object(expected).triple);

  it("agrees with lm and errors clustered by unit in R", () => {
    const result = answered(tripleTable(), "triple-difference");
    expectNear(row(result, TERM).estimate, number(wanted.estimate), 1e-9);
    expectNear(row(result, TERM).stdError, number(wanted.se), 1e-8);
    expect(result.clusters).toBe(7);
  });

  it("is today's difference-in-differences minus the mean of last weeks', with an error from their spread", () => {
    const result = answered(tripleTable(), "triple-difference", { vcov: "occasions" });
    const occasions = object(wanted.occasions);
    expectNear(row(result, TERM).estimate, number(occasions.estimate), 1e-9);
    expectNear(row(result, TERM).stdError, number(occasions.se), 1e-9);
    expect(row(result, TERM).dof).toBe(2);
    const found = (result.details.differences as { did: number }[]).map(({ did }) => did);
    list(wanted.dids).forEach((did, o) => {
      expectNear(found[o], number(did), 1e-8);
    });
  });

  it("is the interaction of the plain regression of our own", () => {
    const { unit, time, y, d } = tripleColumns();
    const cut = Math.min(...time.filter((_, i) => d[i] === 1));
    const treated = new Set(unit.filter((_, i) => d[i] === 1));
    const occasion = time.map((t) => Math.max(0, Math.ceil((cut - t - 3600) / WEEK)));
    const post = time.map((t, i) => Number(t + (occasion[i] ?? 0) * WEEK >= cut));
    const both = unit.map((name, i) => (treated.has(name) ? (post[i] ?? 0) : 0));
    const outcome = estimate(
      tidyTable({
        unit,
        time,
        outcome: y,
        treatment: both.map((value, i) => (occasion[i] === 0 ? value : 0)),
        covariates: { both },
        texts: { block: unit.map((name, i) => `${name} ${occasion[i]}`) },
      }),
      "ols",
      { vcov: "cr1", settings: { effects: "block,time" } },
    );
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    const own = row(answered(tripleTable(), "triple-difference"), TERM);
    const plain = row(outcome.value, "treatment");
    expectNear(own.estimate, plain.estimate, 1e-10);
    expectNear(own.stdError, plain.stdError, 1e-10);
  });

  it("takes what the groups do differently at these hours every week for no effect", () => {
    const { unit, time, d } = tripleColumns();
    const y = time.map(
      (t, i) =>
        Math.sin(t / 5000) +
        (unit[i] ?? "").length +
        (["u1", "u2", "u3"].includes(unit[i] ?? "") ? 3 * Math.cos((2 * Math.PI * t) / WEEK) : 0) +
        2 * (d[i] ?? 0),
    );
    const found = answered(tidyTable({ unit, time, outcome: y, treatment: d }), "triple-difference");
    expectNear(row(found, TERM).estimate, 2, 1e-9);
  });

  it("refuses what it cannot compare, by name", () => {
    const whole = tripleTable();
    expect(refused(whole, "triple-difference", { settings: { shift: "6000" } }).code).toBe("NOT_ESTIMABLE");
    expect(refused(whole, "triple-difference", { settings: { shift: "5184000" } }).code).toBe("TOO_FEW_PERIODS");
    expect(refused(whole, "triple-difference", { vcov: "occasions", settings: { occasions: "1" } }).code).toBe(
      "TOO_FEW_PERIODS",
    );
    const everyone = {
      ...whole,
      treatment: whole.time?.map((t) => Number(t >= Math.max(...(whole.time ?? [])) - 3300)) ?? null,
    };
    expect(refused(everyone, "triple-difference").code).toBe("NO_CONTROL_UNITS");
    const { unit, time, y, d } = tripleColumns();
    const lone = tidyTable({ unit, time, outcome: y, treatment: d.map((value, i) => (unit[i] === "u1" ? value : 0)) });
    expect(refused(lone, "triple-difference").code).toBe("ONE_TREATED_CLUSTER");
    expect(row(answered(lone, "triple-difference", { vcov: "occasions" }), TERM).dof).toBe(2);
  });
});

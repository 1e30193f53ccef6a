import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitDid } from "../../../../src/core/estimators/did.ts";
import { impulseResponse } from "../../../../src/core/estimators/did-ar.ts";
import { type Arrangement, arrangeWaves } from "../../../../src/core/estimators/waves/arrangement.ts";
import { contrastVariance } from "../../../../src/core/estimators/waves/contrast.ts";
import { fitWaves, type WaveFit } from "../../../../src/core/estimators/waves/fit.ts";
import { averageTerms } from "../../../../src/core/estimators/waves/schedule.ts";
import type { Panel } from "../../../../src/core/panel/panel.ts";
import { waveSpan, wavesOf } from "../../../../src/core/panel/waves.ts";
import { studentTTwoSided } from "../../../../src/core/probability/student-t.ts";
import { DEPLOYED_AT, STEP } from "../generated.ts";
import { type MadeWaves, madeWaves } from "../made-waves.ts";

interface Opened {
  readonly panel: Panel;
  readonly arrangement: Arrangement;
}

const SPACING = { step: STEP, settle: 5 * STEP };
const SHAPE: MadeWaves = { waves: 3, perWave: 2, never: 3, pre: 120, between: 15, post: 30 };

function open(shape: MadeWaves, change: (value: number, unit: string, t: number) => number = (value) => value): Opened {
  const { rows, times } = madeWaves(shape);
  const units = [...rows.keys()].sort();
  const steps = rows.get(units[0] ?? "")?.length ?? 0;
  const pre = shape.pre ?? 360;
  const panel: Panel = {
    start: DEPLOYED_AT - pre * STEP,
    step: STEP,
    steps,
    units,
    treated: units.map((unit) => times[unit] !== undefined),
    values: Float64Array.from(units.flatMap((unit) => (rows.get(unit) ?? []).map((v, t) => change(v, unit, t - pre)))),
    weights: null,
    preEnd: pre,
    postStart: pre + 5,
  };
  const arranged = arrangeWaves(panel, { times, ...SPACING });
  if (!arranged.ok) throw new Error(arranged.refusal.message);
  return { panel, arrangement: arranged.value };
}

function fitted({ panel, arrangement }: Opened, scale: "auto" | "additive" | "multiplicative" = "additive"): WaveFit {
  const fit = fitWaves(panel, arrangement, { scale });
  if (!fit.ok) throw new Error(fit.refusal.message);
  return fit.value;
}

describe("waves of deploy times", () => {
  it("are cut where a unit comes a settle time after the first of its wave, so that a slow roll is several", () => {
    const times = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`pod-${i}`, i * 60]));
    const waves = wavesOf(times, { step: 60, settle: 300 });
    expect(waves.map(({ units }) => units.length)).toEqual([5, 5, 2]);
    expect(waves.map(({ deployedAt, lastAt }) => [deployedAt, lastAt])).toEqual([
      [0, 240],
      [300, 540],
      [600, 660],
    ]);
  });

  it("span the windows: one wave settles after its last unit", () => {
    expect(waveSpan({ a: 100, b: 130 }, { step: 60, settle: 0 })).toEqual({ deployedAt: 100, lastAt: 130, settle: 30 });
    expect(waveSpan({ a: 100, b: 900 }, { step: 60, settle: 60 })).toEqual({
      deployedAt: 100,
      lastAt: 900,
      settle: 60,
    });
  });
});

describe("the estimate", () => {
  it("is the plain average over treated cells of what a loop over cells says", () => {
    const opened = open({ ...SHAPE, effect: () => 3 });
    const fit = fitted(opened);
    expect(fit.att).toBeCloseTo(byHand(opened, fit), 10);
  });

  it("with one wave is the default estimator, to the last digit of its error", () => {
    const { panel, arrangement } = open({ ...SHAPE, waves: 2, never: 4 });
    const [first] = arrangement.waves;
    if (first === undefined) throw new Error("no wave");
    const later = arrangement.waves.slice(1).flatMap((wave) => [...wave.units]);
    const one = {
      ...arrangement,
      waves: [first],
      judged: [0],
      never: [...arrangement.never, ...later].sort((a, b) => a - b),
    };
    for (const scale of ["additive", "multiplicative"] as const) {
      const waves = fitWaves(panel, one, { scale });
      const window = { preEnd: first.start, postStart: first.postStart, end: panel.steps };
      const did = fitDid(panel, { scale, window, treated: first.units, control: one.never });
      if (!waves.ok || !did.ok) throw new Error("refused");
      expect(waves.value.att).toBeCloseTo(did.value.att, 10);
      expect(waves.value.variance).toBeCloseTo(did.value.variance ?? Number.NaN, 10);
      expect(waves.value.dof).toBeCloseTo(did.value.dof ?? Number.NaN, 6);
      expect(waves.value.phi).toBeCloseTo(did.value.phi ?? Number.NaN, 8);
    }
  });

  it("comes back exactly from data without noise, with unit and time effects of any shape", () => {
    const shape = fc.record({
      waves: fc.integer({ min: 2, max: 5 }),
      perWave: fc.integer({ min: 1, max: 3 }),
      never: fc.integer({ min: 0, max: 3 }),
      effect: fc.double({ min: -50, max: 50, noNaN: true }),
      seed: fc.integer({ min: 0, max: 1e6 }),
    });
    fc.assert(
      fc.property(shape, ({ effect, ...rest }) => {
        const { panel, arrangement } = open({ ...SHAPE, ...rest, sd: 0, effect: () => effect });
        const fit = fitWaves(panel, arrangement, { scale: "additive", keepStill: true });
        expect(fit.ok && fit.value.att).toBeCloseTo(effect, 8);
      }),
      { numRuns: 25 },
    );
  });

  it("a factor on every level comes back exactly on the multiplicative scale", () => {
    const { panel, arrangement } = open({ ...SHAPE, sd: 0 }, (_, unit, t) => {
      const level = 50 + 10 * Number(unit.slice(3));
      const wave = unit.startsWith("eu") ? Math.floor((Number(unit.slice(3)) - 1) / 2) : null;
      return level * (1 + 0.2 * Math.sin(t / 30)) * (wave !== null && t >= wave * 15 ? 1.1 : 1);
    });
    const fit = fitWaves(panel, arrangement, { scale: "multiplicative", keepStill: true });
    if (!fit.ok) throw new Error(fit.refusal.message);
    const { stretches } = fit.value;
    const value = (u: number, t: number): number => panel.values[u * panel.steps + t] ?? Number.NaN;
    let [sum, cells] = [0, 0];
    for (const { units, from, to } of stretches) {
      for (const u of units)
        for (let t = from; t < to; t++) [sum, cells] = [sum + value(u, t) * (0.1 / 1.1), cells + 1];
    }
    expect(fit.value.att).toBeCloseTo(sum / cells, 8);
  });
});

/** Mean over judged cells of y_it - m_i - c_t, all by loops over cells. */
function byHand({ panel, arrangement }: Opened, fit: WaveFit): number {
  const y = (u: number, t: number): number => panel.values[u * panel.steps + t] ?? Number.NaN;
  const mean = (u: number): number => {
    let sum = 0;
    for (let t = 0; t < arrangement.preEnd; t++) sum += y(u, t);
    return sum / arrangement.preEnd;
  };
  const weight = new Map(fit.control.map((u, j) => [u, fit.weights[j] ?? 0]));
  let [total, cells] = [0, 0];
  for (const k of arrangement.judged) {
    const wave = arrangement.waves[k];
    for (const u of wave?.units ?? []) {
      for (let t = wave?.postStart ?? 0; t < arrangement.end; t++) {
        const clean = [
          ...arrangement.never,
          ...arrangement.waves.filter((other) => other.start > t).flatMap((other) => [...other.units]),
        ];
        const mass = clean.reduce((sum, j) => sum + (weight.get(j) ?? 0), 0);
        const path = clean.reduce((sum, j) => sum + (weight.get(j) ?? 0) * (y(j, t) - mean(j)), 0) / mass;
        total += y(u, t) - mean(u) - path;
        cells++;
      }
    }
  }
  return total / cells;
}

describe("the variance", () => {
  it("is the sum over shocks that a double loop finds, shared innovations included", () => {
    const opened = open({ ...SHAPE, phi: 0.6 });
    const fit = fitted(opened);
    const terms = averageTerms(fit.gaps, fit.stretches);
    expect(terms.length).toBeGreaterThan(2);
    const { end, preEnd } = fit.window;
    const parts = terms.map(({ gap, runs }) => {
      const model = gap.model();
      if (model === null) throw new Error("no model");
      const weights = new Float64Array(end);
      for (const { from, to, share } of runs) {
        for (let t = from; t < to; t++) weights[t] = (weights[t] ?? 0) + share / (to - from);
        for (let t = 0; t < preEnd; t++) weights[t] = (weights[t] ?? 0) - share / preEnd;
      }
      return { model, weights, psi: impulseResponse(model, end).psi, innovations: gap.innovations() };
    });
    const loading = (part: (typeof parts)[number], shock: number): number => {
      let sum = 0;
      for (let t = Math.max(0, shock); t < end; t++) sum += (part.weights[t] ?? 0) * (part.psi[t - shock] ?? 0);
      return sum;
    };
    const correlation = (a: Float64Array, b: Float64Array): number => {
      const both = Array.from(a.keys()).filter((t) => Number.isFinite(a[t] ?? NaN) && Number.isFinite(b[t] ?? NaN));
      const sum = (x: Float64Array, z: Float64Array): number => both.reduce((s, t) => s + (x[t] ?? 0) * (z[t] ?? 0), 0);
      return sum(a, b) / Math.sqrt(sum(a, a) * sum(b, b));
    };
    let variance = 0;
    for (const a of parts) {
      for (const b of parts) {
        const rho = a === b ? 1 : correlation(a.innovations, b.innovations);
        let overlap = 0;
        for (let s = -400; s < end; s++) overlap += loading(a, s) * loading(b, s);
        variance += rho * Math.sqrt(a.model.sigma2 * b.model.sigma2) * overlap;
      }
    }
    expect(contrastVariance(terms, end)?.variance).toBeCloseTo(variance, 10);
  });

  it.each([
    ["white noise", 0],
    ["AR(1) 0.7", 0.7],
  ])("holds its 5 %% without an effect: %s", (_, phi) => {
    let alarms = 0;
    const runs = 150;
    for (let seed = 1; seed <= runs; seed++) {
      const { att, variance, dof } = fitted(open({ ...SHAPE, pre: 240, never: 4, phi, seed: 1000 + seed }));
      if (variance !== null && dof !== null && studentTTwoSided(att / Math.sqrt(variance), dof) < 0.05) alarms++;
    }
    // 99 % of binomials at the nominal 5 % are at or below 15 of 150.
    expect(alarms).toBeLessThanOrEqual(15);
  });

  it("widens when controls jump in the window, more for waves whose controls jumped less than they could have", () => {
    const calm = fitted(open(SHAPE));
    const shaken = fitted(open(SHAPE, (value, unit, t) => value + (t >= 10 ? 4 * (Number(unit.slice(3)) % 2) : 0)));
    expect(shaken.phi ?? 0).toBeGreaterThan(5 * Math.max(1, calm.phi ?? 0));
  });
});

describe("invariances", () => {
  const base = open({ ...SHAPE, effect: () => 2 });
  const plain = fitted(base);
  const same = (fit: WaveFit, factor = 1): void => {
    expect(fit.att).toBeCloseTo(plain.att * factor, 8);
    expect(fit.variance).toBeCloseTo((plain.variance ?? Number.NaN) * factor ** 2, 8);
    expect(fit.dof).toBeCloseTo(plain.dof ?? Number.NaN, 4);
  };

  it("a constant, unit effects and time effects change nothing; scaling scales", () => {
    same(
      fitted(
        open({ ...SHAPE, effect: () => 2 }, (v, unit, t) => v + 30 * Number(unit.slice(3)) + 5 * Math.cos(t / 11)),
      ),
    );
    same(fitted(open({ ...SHAPE, effect: () => 2 }, (v) => -3 * v)), -3);
  });

  it("order and names of the units change nothing", () => {
    const { panel, arrangement } = base;
    const order = panel.units.map((_, u) => u).reverse();
    const place = new Map(order.map((u, i) => [u, i]));
    const moved = (units: readonly number[]): number[] => units.map((u) => place.get(u) ?? -1).sort((a, b) => a - b);
    const reversed: Opened = {
      panel: {
        ...panel,
        units: order.map((_, i) => `unit-${i}`),
        treated: order.map((u) => panel.treated[u] === true),
        values: Float64Array.from(
          order.flatMap((u) => [...panel.values.subarray(u * panel.steps, (u + 1) * panel.steps)]),
        ),
      },
      arrangement: {
        ...arrangement,
        never: moved(arrangement.never),
        waves: arrangement.waves.map((wave) => ({ ...wave, units: moved(wave.units) })),
      },
    };
    same(fitted(reversed));
  });

  it("equal weights are no weights, and inputs stay as they are", () => {
    const weighted = { ...base.panel, weights: new Float64Array(base.panel.values.length).fill(4) };
    const before = base.panel.values.slice();
    const fit = fitted({ ...base, panel: weighted });
    expect(fit.att).toBeCloseTo(plain.att, 8);
    expect(fit.variance).toBeCloseTo(plain.variance ?? Number.NaN, 8);
    expect(base.panel.values).toEqual(before);
  });

  it("an effect after the deploys moves the estimate and not its error", () => {
    same({ ...fitted(open(SHAPE)), att: plain.att });
    expect(fitted(open(SHAPE)).att).toBeCloseTo(plain.att - 2, 8);
  });
});

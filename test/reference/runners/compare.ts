import type { JsonValue } from "../../../src/core/outcome.ts";
import type { JsonObject } from "./json.ts";
import type { Table } from "./table.ts";

/** What a runner computed, in the shape of expected.json; leaves that are not numbers or text are not compared. */
export type Actual = number | string | boolean | null | readonly Actual[] | { readonly [key: string]: Actual };

/** A deviation from the default: another tolerance, or a number that is no target, with the reason. */
export interface Rule {
  readonly path: RegExp;
  readonly relative?: number;
  readonly absolute?: number;
  readonly skip?: string;
}

export interface ReferenceCase {
  readonly expected: JsonObject;
  /** Where the case lies, for runners with more files than a panel. */
  readonly folder: string;
  /** Throws when the case has no panel. */
  readonly panel: () => Table;
}

export interface CaseRunner {
  /** Values of the `case` field that this runner understands. */
  readonly cases: readonly string[];
  readonly rules: readonly Rule[];
  /** Default relative tolerance, from the file. */
  readonly relative: (expected: JsonObject) => number;
  readonly run: (reference: ReferenceCase) => Actual;
}

export interface Miss {
  readonly path: string;
  readonly want: JsonValue;
  readonly got: Actual | undefined;
}

export interface Comparison {
  readonly compared: number;
  readonly skipped: number;
  /** Largest error as a share of its tolerance; at most 1 when all numbers agree. */
  readonly worstShare: number;
  readonly worstPath: string;
  readonly worstRelative: number;
  readonly misses: readonly Miss[];
}

/** Keys that describe the case instead of stating a result. */
const DESCRIPTION =
  /^(case|title|data|software|formula|note|notes|na_rule|rel_definition|gstar_note|tolerance.*|largest_relative.*)$/;

/** Below this a p-value says the same as its t and is compared through it (README of the cases). */
const TINY_P = 1e-12;

/** Compares every number of expected.json with the runner's; a number nobody computed is a miss. */
export function compareCase(runner: CaseRunner, reference: ReferenceCase): Comparison {
  const actual = runner.run(reference);
  const defaults = { relative: runner.relative(reference.expected) };
  const state = { compared: 0, skipped: 0, worstShare: 0, worstPath: "", worstRelative: 0, misses: [] as Miss[] };
  const visit = (path: string, want: JsonValue, got: Actual | undefined): void => {
    if (want !== null && typeof want === "object") {
      for (const [key, value] of Object.entries(want)) {
        if (path === "" && DESCRIPTION.test(key)) continue;
        if (/^(note|description|formula)$/.test(key)) continue;
        visit(path === "" ? key : `${path}.${key}`, value, child(got, key));
      }
      return;
    }
    const rule = runner.rules.find((candidate) => candidate.path.test(path));
    if (rule?.skip !== undefined) {
      if (isNumber(want)) state.skipped++;
      return;
    }
    if (isNumber(want)) compareNumber(path, want, got, { ...defaults, ...rule });
    else if (typeof want === "string" && typeof got === "string" && want !== got)
      state.misses.push({ path, want, got });
    else if (want === null && got !== undefined && got !== null) state.misses.push({ path, want, got });
    else if (typeof want === "boolean" && want !== got) state.misses.push({ path, want, got });
  };
  const compareNumber = (
    path: string,
    want: JsonValue,
    got: Actual | undefined,
    tolerance: { relative?: number; absolute?: number },
  ): void => {
    state.compared++;
    const target = Number(want);
    if (typeof got !== "number" || Number.isNaN(got)) {
      state.misses.push({ path, want, got });
      return;
    }
    if (got === target) return;
    const tinyP = /(^|\.)p(_|$|\.|Value)/.test(path) && target < TINY_P && got < TINY_P;
    if (tinyP || (Math.abs(target) < 1e-300 && Math.abs(got) < 1e-300)) return;
    const error = Math.abs(got - target);
    const allowed = Math.max((tolerance.relative ?? 0) * Math.abs(target), tolerance.absolute ?? 0);
    const share = error / allowed;
    if (share > state.worstShare) {
      state.worstShare = share;
      state.worstPath = path;
      state.worstRelative = error / Math.abs(target);
    }
    if (!(share <= 1)) state.misses.push({ path, want, got });
  };
  visit("", reference.expected, actual);
  return state;
}

function isNumber(value: JsonValue): boolean {
  return typeof value === "number" || value === "Infinity" || value === "-Infinity";
}

function child(value: Actual | undefined, key: string): Actual | undefined {
  if (value === null || typeof value !== "object") return undefined;
  if (Array.isArray(value)) return value[Number(key)] as Actual | undefined;
  return (value as { readonly [key: string]: Actual })[key];
}

import type { Coefficient } from "../inference/coefficients.ts";
import { type SubgroupFinding, type SubgroupSummary, summarizeSubgroups } from "../inference/subgroups/subgroups.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import { interact } from "../regression/effects.ts";
import type { EstimateOptions, EstimatorSetting, TidyData, TidyEstimator } from "./contract.ts";
import { oneDate } from "./one-date.ts";
import { groupingOf, openTable } from "./panel-ols/table.ts";
import { settingText } from "./setting.ts";
import { effectCorrelation, type LevelEffect, type LevelUnits, levelEffect } from "./subgroups/level-effect.ts";
import { checkUniqueRows } from "./tidy-checks.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "by",
    description: "column that names the subgroup of each row (endpoint, region, tenant)",
    default: "subgroup",
    accepts: { type: "text-columns" },
  },
  {
    name: "adjust",
    description:
      "p-values over the subgroups: holm with simultaneous intervals (claims), bh (lists) or none, both with plain intervals",
    default: "holm",
    accepts: { type: "choice", values: ["holm", "bh", "none"] },
  },
  {
    name: "report",
    description: "own: each subgroup by itself; shrunk: drawn towards the others (posterior mean and interval)",
    default: "own",
    accepts: { type: "choice", values: ["own", "shrunk"] },
  },
];

/** More subgroups than this are an identifier. */
const MOST_LEVELS = 2000;

/**
 * Difference-in-differences per level of a text column, with shrinkage, multiplicity control and a heterogeneity test.
 *
 * Formula: per level, mean change (after less before) of treated less that of control units, Welch's error (CR2 with
 * clusters); over the levels as inference/subgroups says. The correlation of two levels' errors is the mean over all pairs
 * of the sum over units (clusters) of the products of their standardised influences.
 * Assumes: one date of treatment; parallel trends in each level; units (clusters) independent.
 * Units: those of the outcome. Time and memory grow with the rows.
 * Source: Welch 1947; Bell and McCaffrey 2002; Morris 1983; Holm 1979; Benjamini and Hochberg 1995.
 */
export const subgroups: TidyEstimator = {
  id: "subgroups",
  label: "effect per subgroup, with shrinkage and multiplicity control",
  reference: "Morris 1983, JASA 78; Welch 1947, 1951; Holm 1979; Benjamini and Hochberg 1995",
  needs: ["unit", "time", "treatment"],
  vcovs: ["welch", "cr2"],
  settings: SETTINGS,
  uses: ["weights", "cluster"],
  estimate(data, options) {
    const vcov = options.vcov ?? (data.cluster === null ? "welch" : "cr2");
    if (vcov === "welch" && data.cluster !== null) return welchWithClusters();
    const units = unitsByLevel(data, options);
    if (!units.ok) return units;
    const { levels, notes } = units.value;
    const estimated = estimateLevels(levels, vcov);
    if (estimated.found.length === 0) return nothing(estimated.omitted);
    const correlation = effectCorrelation(estimated.found);
    const effects = estimated.found.map(({ name, estimate, stdError, dof }) => ({ name, estimate, stdError, dof }));
    const summary = summarizeSubgroups(effects, { alpha: options.alpha, correlation });
    const asked = rowsFor(summary, options);
    if (!asked.ok) return asked;
    return answer({
      estimator: subgroups.id,
      inference: `${vcov}, ${settingText(SETTINGS, options, "adjust")}`,
      coefficients: asked.value,
      nobs: data.outcome.filter((value, i) => !Number.isNaN(value) && (data.weights?.[i] ?? 1) > 0).length,
      clusters: new Set(levels.flatMap(({ keys }) => keys)).size,
      notes: [...notes, ...heterogeneityNote(summary, options.alpha), ...omittedNotes(estimated.omitted)],
      details: detailsOf(estimated.found, summary),
    });
  },
};

function welchWithClusters(): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    "Welch's error takes units as independent, but a cluster column is named.",
    "Use --vcov cr2, or leave the cluster out.",
  );
}

/** Changes of the units of each level. */
function unitsByLevel(
  data: TidyData,
  options: EstimateOptions,
): Outcome<{ readonly levels: readonly LevelUnits[]; readonly notes: readonly string[] }> {
  const opened = openTable(data, false);
  if (!opened.ok) return opened;
  const table = opened.value;
  const column = settingText(SETTINGS, options, "by");
  const by = groupingOf(table, column);
  if (!by.ok) return by;
  if (table.unit === null || table.periods === null) {
    return refuse("NOT_ESTIMABLE", "This estimator needs a unit and a time column.", "Name both columns.");
  }
  if (by.value.count > MOST_LEVELS) {
    return refuse(
      "NOT_ESTIMABLE",
      `The column ${column} has ${by.value.count} values; at most ${MOST_LEVELS} subgroups are estimated.`,
      "Choose a column with fewer values.",
      { column, values: by.value.count },
    );
  }
  const cells = interact(table.unit, by.value);
  const unique = checkUniqueRows(data, cells, table.periods.grouping);
  if (!unique.ok) return unique;
  const design = oneDate({ ...table, unit: cells });
  if (!design.ok) return design;
  const { changeOf, treated, notes } = design.value;
  const names = columnTexts(data, column);
  const levels = Array.from({ length: by.value.count }, () => ({
    name: "",
    changes: [] as number[],
    treated: [] as boolean[],
    keys: [] as string[],
  }));
  const seen = new Uint8Array(cells.count);
  for (let row = 0; row < data.rows; row++) {
    const cell = cells.levels[row] ?? 0;
    const level = levels[by.value.levels[row] ?? 0];
    if (seen[cell] === 1 || level === undefined) continue;
    seen[cell] = 1;
    level.name = names[row] ?? "";
    const change = changeOf[cell] ?? Number.NaN;
    if (Number.isNaN(change)) continue;
    level.changes.push(change);
    level.treated.push(treated[cell] ?? false);
    level.keys.push((data.cluster ?? data.unit)?.[row] ?? "");
  }
  return answer({ levels: levels.sort((a, b) => (a.name < b.name ? -1 : 1)), notes });
}

function columnTexts(data: TidyData, column: string): readonly string[] {
  if (column === "unit") return data.unit ?? [];
  if (column === "cluster") return data.cluster ?? [];
  return data.texts?.find(({ name }) => name === column)?.values ?? [];
}

interface Omitted {
  readonly name: string;
  readonly message: string;
}

function estimateLevels(
  levels: readonly LevelUnits[],
  vcov: string,
): { readonly found: readonly LevelEffect[]; readonly omitted: readonly Omitted[] } {
  const found: LevelEffect[] = [];
  const omitted: Omitted[] = [];
  for (const level of levels) {
    const effect = levelEffect(level, vcov === "cr2");
    if (effect.ok) found.push(effect.value);
    else omitted.push({ name: level.name, message: effect.refusal.message });
  }
  return { found, omitted };
}

function nothing(omitted: readonly Omitted[]): Outcome<never> {
  const first = omitted[0]?.message ?? "There is none.";
  return refuse(
    "TOO_FEW_UNITS",
    `No subgroup has enough units: ${first}`,
    "Give at least two treated and two control units per subgroup.",
    {
      subgroups: omitted.map(({ name }) => name).slice(0, 20),
    },
  );
}

function rowsFor(summary: SubgroupSummary, options: EstimateOptions): Outcome<Coefficient[]> {
  const adjust = settingText(SETTINGS, options, "adjust");
  if (settingText(SETTINGS, options, "report") === "own") {
    return answer(summary.subgroups.map((one) => ownRow(one, adjust)));
  }
  const rows = summary.subgroups.flatMap(shrunkRow);
  return rows.length > 0
    ? answer(rows)
    : refuse(
        "TOO_FEW_UNITS",
        `${summary.subgroups.length} subgroups say too little about the spread between them to be drawn together.`,
        "Use --set report=own, or give at least four subgroups with three degrees of freedom.",
      );
}

function ownRow(one: SubgroupFinding, adjust: string): Coefficient {
  const interval = adjust === "holm" ? one.simultaneous : one.interval;
  return {
    term: one.name,
    estimate: one.estimate,
    stdError: one.stdError,
    statistic: one.estimate / one.stdError,
    dof: one.dof,
    pValue: adjust === "holm" ? one.pHolm : adjust === "bh" ? one.pBh : one.pValue,
    confLow: interval.low,
    confHigh: interval.high,
  };
}

/** A posterior has no test: only the own estimate is tested. */
function shrunkRow({ name, dof, shrunk }: SubgroupFinding): Coefficient[] {
  if (shrunk === null) return [];
  const { estimate, interval } = shrunk;
  return [
    {
      term: name,
      estimate,
      stdError: Number.NaN,
      statistic: Number.NaN,
      dof,
      pValue: Number.NaN,
      confLow: interval.low,
      confHigh: interval.high,
    },
  ];
}

function heterogeneityNote({ heterogeneity, correlation }: SubgroupSummary, alpha: number): string[] {
  if (heterogeneity === null) return [];
  const { statistic, dof, dofDenominator, pValue, iSquared } = heterogeneity;
  const shared = correlation > 0 ? `, errors correlated by ${correlation.toPrecision(2)}` : "";
  return [
    `${pValue <= alpha ? "Subgroups differ" : "Subgroups are not shown to differ"}: F(${dof}, ${dofDenominator.toPrecision(4)}) = ${statistic.toPrecision(4)}, p ${pValue < 0.001 ? "< 0.001" : `= ${pValue.toPrecision(3)}`}; ${(100 * iSquared).toFixed(0)}% of their spread is not error${shared}.`,
  ];
}

function omittedNotes(omitted: readonly Omitted[]): string[] {
  const shown = omitted.slice(0, 5).map(({ name, message }) => `Subgroup ${name} was left out: ${message}`);
  return omitted.length > 5 ? [...shown, `${omitted.length - 5} more subgroups were left out.`] : shown;
}

function detailsOf(found: readonly LevelEffect[], summary: SubgroupSummary): Record<string, JsonValue> {
  const { heterogeneity, between, mean } = summary;
  return {
    subgroups: summary.subgroups.map((one, i) => ({
      name: one.name,
      treatedUnits: found[i]?.treatedUnits ?? 0,
      controlUnits: found[i]?.controlUnits ?? 0,
      estimate: one.estimate,
      stdError: one.stdError,
      dof: one.dof,
      pValue: one.pValue,
      pHolm: one.pHolm,
      pBh: one.pBh,
      confLow: one.interval.low,
      confHigh: one.interval.high,
      simultaneousLow: one.simultaneous.low,
      simultaneousHigh: one.simultaneous.high,
      shrunk:
        one.shrunk === null
          ? null
          : {
              estimate: one.shrunk.estimate,
              confLow: one.shrunk.interval.low,
              confHigh: one.shrunk.interval.high,
              shrinkage: one.shrunk.shrinkage,
            },
    })),
    heterogeneity: heterogeneity === null ? null : { ...heterogeneity },
    tauSquared: between === null ? null : { ...between },
    mean: mean === null ? null : { ...mean },
    correlation: summary.correlation,
  };
}

import type { SeriesComponent } from "../core/panel/series.ts";
import type { Kind, Margin } from "../core/plan.ts";
import { KINDS } from "../core/plan.ts";
import type { SliConfig, SourceConfig } from "./config.ts";
import { DEFAULTS } from "./defaults.ts";
import type { Findings } from "./findings.ts";
import { parseMargin } from "./margin.ts";
import { resolveSlo } from "./resolve-slo.ts";
import type { SliInput } from "./schema.ts";
import type { SloInput } from "./schema-reactions.ts";
import { chooseSource } from "./source.ts";

type QueryKey = "query" | "numerator" | "denominator" | "buckets";

const COMPONENT_OF: Readonly<Record<QueryKey, SeriesComponent>> = {
  query: "value",
  numerator: "numerator",
  denominator: "denominator",
  buckets: "bucket",
};

/** Which query keys each kind reads; a ratio may also arrive ready-made. */
const QUERIES_OF: Readonly<Record<Kind, readonly QueryKey[]>> = {
  gauge: ["query"],
  counter: ["query"],
  count: ["query"],
  ratio: ["numerator", "denominator"],
  quantile: ["buckets"],
};

const NO_MARGIN: Margin = { type: "absolute", value: 0, text: "0" };

type Sources = Readonly<Record<string, SourceConfig>>;

export function resolveSlis(input: readonly SliInput[] | undefined, context: Context): SliConfig[] {
  const { findings } = context;
  if (input === undefined || input.length === 0) {
    findings.missing(["slis"], "no SLI is named", "List what is judged; docs/configuration.md shows examples.");
  }
  const seen = new Set<string>();
  return (input ?? []).map((sli, index) => {
    if (seen.has(sli.id)) findings.add(["slis", index, "id"], `"${sli.id}" is used twice`, "Give each SLI its own id.");
    seen.add(sli.id);
    return resolveSli(sli, index, context);
  });
}

interface Context {
  readonly sources: Sources;
  /** What the service states for all its ratios. */
  readonly slo: SloInput | undefined;
  readonly findings: Findings;
  readonly requireMargins: boolean;
}

function resolveSli(sli: SliInput, index: number, context: Context): SliConfig {
  const { findings } = context;
  const path = ["slis", index];
  if (sli.kind === undefined) findings.missing([...path, "kind"], "is missing", `Write one of: ${KINDS.join(", ")}.`);
  if (sli.worse === undefined) {
    findings.missing([...path, "worse"], "is missing", "Say which way is worse: `worse: up` or `worse: down`.");
  }
  const slo = resolveSlo(sli.slo, context.slo, { kind: sli.kind, path: [...path, "slo"], findings });
  const source = chooseSource(sli.source, context.sources, [...path, "source"], findings);
  return {
    id: sli.id,
    source,
    kind: sli.kind ?? "gauge",
    direction: sli.worse ?? "up",
    role: sli.role ?? DEFAULTS.role,
    quantile: resolveQuantile(sli, path, findings),
    queries: resolveQueries(sli, path, context.sources[source], findings),
    ...(sli.by === undefined ? {} : { by: sli.by }),
    ...(slo === null ? {} : { slo }),
    margin: resolveMargin(sli, path, context),
  };
}

function resolveQuantile(sli: SliInput, path: readonly PropertyKey[], findings: Findings): number | null {
  if (sli.kind === undefined) return sli.quantile ?? null;
  if (sli.kind !== "quantile" && sli.quantile !== undefined) {
    findings.add([...path, "quantile"], `does not belong to kind ${sli.kind}`, "Remove it, or write `kind: quantile`.");
  }
  if (sli.kind === "quantile" && sli.quantile === undefined) {
    findings.missing([...path, "quantile"], "is missing", "Say which quantile, for example `quantile: 0.95`.");
  }
  return sli.quantile ?? null;
}

function resolveQueries(
  sli: SliInput,
  path: readonly PropertyKey[],
  source: SourceConfig | undefined,
  findings: Findings,
): SliConfig["queries"] {
  const given = (Object.keys(COMPONENT_OF) as QueryKey[]).filter((key) => sli[key] !== undefined);
  if (sli.kind !== undefined) checkQueries(sli, sli.kind, given, path, source, findings);
  for (const key of given) {
    if (!/\{\{\s*deployment\b/.test(sli[key] ?? "")) continue;
    findings.add([...path, key], "templates are not replaced in queries", "Use templates in `units` only.");
  }
  if (sli.kind !== undefined && isPlainPanel(given, sli.kind, source)) return { value: "value" };
  return Object.fromEntries(given.map((key) => [COMPONENT_OF[key], sli[key]]));
}

/** A file without named columns is a panel: its numbers stand in the column `value`. */
function isPlainPanel(given: readonly QueryKey[], kind: Kind, source: SourceConfig | undefined): boolean {
  return source?.type === "file" && given.length === 0 && kind !== "quantile";
}

function checkQueries(
  sli: SliInput,
  kind: Kind,
  given: readonly QueryKey[],
  path: readonly PropertyKey[],
  source: SourceConfig | undefined,
  findings: Findings,
): void {
  const readyMade = kind === "ratio" && sli.query !== undefined;
  const wanted: readonly QueryKey[] = readyMade ? ["query"] : QUERIES_OF[kind];
  for (const key of given) {
    if (wanted.includes(key)) continue;
    const reads = QUERIES_OF[kind].map((one) => `\`${one}\``).join(" and ");
    findings.add(
      [...path, key],
      `does not belong to kind ${kind}${readyMade ? " with `query`" : ""}`,
      `Kind ${kind} reads ${reads}.`,
      "key",
    );
  }
  if (isPlainPanel(given, kind, source)) return;
  for (const key of wanted) {
    if (sli[key] === undefined) findings.missing([...path, key], "is missing", `Kind ${kind} needs \`${key}\`.`);
  }
}

/** Only what can block a deploy needs to say how much harm is too much. */
function resolveMargin(sli: SliInput, path: readonly PropertyKey[], context: Context): Margin | null {
  if (sli.margin === undefined) {
    if (sli.role === "informational" || sli.role === "placebo") return NO_MARGIN;
    if (context.requireMargins) {
      context.findings.missing(
        [...path, "margin"],
        "is missing, and there is no default",
        "State the largest harm the team tolerates, for example `margin: 5%`; `deploy-impact validate` proposes one from history.",
      );
    }
    return null;
  }
  const margin = parseMargin(sli.margin, sli.kind ?? null);
  if (margin.ok) return margin.value;
  context.findings.add(
    [...path, "margin"],
    margin.problem,
    "Write 5% (relative), 0.1pp (percentage points of a ratio) or a number in raw units.",
  );
  return null;
}

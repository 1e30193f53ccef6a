import { METRICS, type MetricName, type Metrics } from "./metrics.ts";

/** Upper bounds in seconds, from a fast webhook to a day of being late. */
const BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 86_400] as const;

/** Series of one metric are kept up to this many; label values come from closed lists, so more are a fault. */
const MOST_SERIES = 1000;

interface Series {
  readonly labels: string;
  value: number;
  /** Of a histogram: how many values were at most each bound, and how many there were. */
  readonly counts: number[];
  total: number;
}

export interface Registry extends Metrics {
  /** Forgets the values of a gauge, whose label values may have gone. */
  reset(name: MetricName): void;
  /** Prometheus text format 0.0.4. */
  text(): string;
}

/** Counters, gauges and histograms of this process. */
export function createRegistry(): Registry {
  const all = new Map<MetricName, Map<string, Series>>();

  const seriesOf = (name: MetricName, labels: Readonly<Record<string, string>>): Series | null => {
    const family = all.get(name) ?? new Map<string, Series>();
    all.set(name, family);
    const text = labelText(name, labels);
    const known = family.get(text);
    if (known !== undefined || family.size >= MOST_SERIES) return known ?? null;
    const made: Series = { labels: text, value: 0, counts: BUCKETS.map(() => 0), total: 0 };
    family.set(text, made);
    return made;
  };

  return {
    count: (name, labels, by = 1) => {
      const series = seriesOf(name, labels);
      if (series !== null) series.value += by;
    },
    observe: (name, labels, value) => {
      const series = seriesOf(name, labels);
      if (series === null) return;
      if (METRICS[name].kind === "gauge") {
        series.value = value;
        return;
      }
      series.value += value;
      series.total += 1;
      for (const [index, bound] of BUCKETS.entries())
        if (value <= bound) series.counts[index] = (series.counts[index] ?? 0) + 1;
    },
    reset: (name) => void all.delete(name),
    text: () => {
      const names = Object.keys(METRICS) as MetricName[];
      return `${names.flatMap((name) => family(name, [...(all.get(name)?.values() ?? [])])).join("\n")}\n`;
    },
  };
}

/** `a="x",b="y"` in the order in which the metric declares its labels. */
function labelText(name: MetricName, labels: Readonly<Record<string, string>>): string {
  const declared: readonly string[] = METRICS[name].labels;
  const extra = Object.keys(labels).filter((label) => !declared.includes(label));
  if (extra.length > 0) throw new Error(`${name} has no label ${extra.join(", ")}.`);
  return declared.map((label) => `${label}="${escaped(labels[label] ?? "")}"`).join(",");
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function family(name: MetricName, series: readonly Series[]): string[] {
  const { kind, help, labels } = METRICS[name];
  // A metric without labels is shown before anything happened: an alert on its absence would otherwise fire.
  const empty: Series = { labels: "", value: 0, counts: BUCKETS.map(() => 0), total: 0 };
  const shown = series.length === 0 && labels.length === 0 ? [empty] : series;
  const lines = shown.flatMap((one) =>
    kind === "histogram" ? histogram(name, one) : [line(name, one.labels, one.value)],
  );
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines];
}

function histogram(name: string, { labels, value, counts, total }: Series): string[] {
  const before = labels === "" ? "" : `${labels},`;
  return [
    ...BUCKETS.map((bound, index) => line(`${name}_bucket`, `${before}le="${bound}"`, counts[index] ?? 0)),
    line(`${name}_bucket`, `${before}le="+Inf"`, total),
    line(`${name}_sum`, labels, value),
    line(`${name}_count`, labels, total),
  ];
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels === "" ? "" : `{${labels}}`} ${value}`;
}

import type { ServiceConfig, SliConfig } from "../config/config.ts";
import type { SliSeries } from "../core/panel/series.ts";
import type { AnalysisPlan } from "../core/plan.ts";
import type { QueryRecord } from "../core/result.ts";
import type { Ports } from "../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../sources/contract.ts";
import { mapLimited } from "./concurrency.ts";
import { createGrouping, wholeUnits } from "./groups.ts";
import { openSource } from "./open-source.ts";
import { queryRange, type ServicePlan } from "./plan.ts";
import type { Trigger } from "./trigger.ts";
import { exposedUnits, measureExposure, VERSION_QUERY } from "./version-query.ts";

/** SLIs read side by side; each source limits its own requests further. */
const CONCURRENCY = 4;

export interface Warning {
  readonly sli: string;
  readonly message: string;
}

/** What was read for one service. */
export interface Collected {
  /** The plan, completed by what only the metrics know (exposure, clusters). */
  readonly plan: AnalysisPlan;
  readonly inputs: readonly SliSeries[];
  readonly queries: readonly QueryRecord[];
  readonly warnings: readonly Warning[];
  /** Units that matched neither group. */
  readonly unmatchedUnits: readonly string[];
}

/** Reads every SLI of one service: the only place where metrics are read. */
export async function collect(
  planned: ServicePlan,
  trigger: Trigger,
  ports: Ports,
  folder: string,
): Promise<Collected> {
  const { service, plan } = planned;
  const range = queryRange(plan);
  const { versionQuery } = service;
  const exposure =
    versionQuery === null ? null : await measureExposure(service, versionQuery, trigger, range.to, ports, folder);
  const grouping = createGrouping(service, trigger, exposure === null ? null : exposedUnits(exposure));
  const reads = await mapLimited(service.slis, CONCURRENCY, (sli) =>
    readSli(service, sli, { ...range, groupOf: grouping.groupOf }, ports, folder),
  );
  for (const { sli, fetched } of reads)
    if (fetched.series.length > 0 || fetched.unmatchedUnits.length > 0) grouping.verify(sli.id);
  return {
    plan: {
      ...plan,
      clusters: { ...grouping.clusters(), ...plan.clusters },
      exposure: exposure?.observations ?? null,
    },
    inputs: reads.map(({ sli, fetched }) => ({
      sli: sli.id,
      series: wholeUnits(fetched.series),
      warnings: fetched.warnings,
    })),
    queries: [...reads.flatMap(({ sli }) => recordsOf(sli)), ...(exposure === null ? [] : [exposure.record])],
    warnings: [
      ...reads.flatMap(({ sli, fetched }) => fetched.warnings.map((message) => ({ sli: sli.id, message }))),
      ...(exposure?.warnings ?? []).map((message) => ({ sli: VERSION_QUERY, message })),
    ],
    unmatchedUnits: [...new Set(reads.flatMap(({ fetched }) => fetched.unmatchedUnits))].sort(),
  };
}

type Range = Pick<SeriesQuery, "from" | "to" | "groupOf">;

/** One SLI over one range, through its source. */
export async function readSli(
  service: ServiceConfig,
  sli: SliConfig,
  range: Range,
  ports: Ports,
  folder: string,
): Promise<{ readonly sli: SliConfig; readonly fetched: FetchedSeries }> {
  const source = openSource(service, sli.source, folder);
  const query: SeriesQuery = {
    sli: sli.id,
    kind: sli.kind,
    queries: sli.queries,
    unitLabel: service.units.label,
    ...(sli.by === undefined ? {} : { byLabel: sli.by }),
    step: service.windows.step,
    ...range,
  };
  ports.log.info(`reading ${sli.id} from ${sli.source}`);
  return { sli, fetched: await source.fetchSeries(query, ports) };
}

export function recordsOf(sli: SliConfig): QueryRecord[] {
  return Object.entries(sli.queries).map(([component, query]) => ({
    sli: sli.id,
    source: sli.source,
    component,
    query,
  }));
}

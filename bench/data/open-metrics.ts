import { type FleetShape, groupOf, START, unitName, unitValues } from "./fleet.ts";

export const METRIC = "fleet_latency_ms";

/** The fleet as one gauge in OpenMetrics text with stamps, from which Prometheus makes its blocks. */
export function* openMetrics(shape: FleetShape): Generator<string> {
  yield `# TYPE ${METRIC} gauge\n`;
  for (let unit = 0; unit < shape.units; unit += 1) {
    const labels = `{zone="${unitName(unit)}",track="${groupOf(unit, shape)}"}`;
    const values = unitValues(unit, shape);
    yield Array.from(values, (value, t) => `${METRIC}${labels} ${value.toFixed(3)} ${START + t * shape.step}\n`).join(
      "",
    );
  }
  yield "# EOF\n";
}

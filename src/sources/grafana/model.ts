import { z } from "zod";
import { countSteps, type StepGrid } from "../grid.ts";
import { parseJson } from "../http/json.ts";
import { unaskable } from "../unusable.ts";
import type { GrafanaOptions } from "./options.ts";

const modelSchema = z.record(z.string(), z.unknown());

/** A query as Grafana's own editor would send it, with the step where the data source looks for it. */
function modelOf(text: string, language: GrafanaOptions["language"], step: number, what: string): object {
  const every = `${step}s`;
  switch (language) {
    case "prometheus":
      return { expr: text, range: true, instant: false, format: "time_series", interval: every };
    case "loki":
      return { expr: text, queryType: "range", step: every };
    case "graphite":
      return { target: text, textEditor: true };
    case "influxdb":
      return { query: text, rawQuery: true, resultFormat: "time_series" };
    case "sql":
      return { rawSql: text, rawQuery: true, format: "time_series" };
    case "json": {
      const json = parseJson(text);
      const model = modelSchema.safeParse(json.ok ? json.value : null);
      if (model.success) return model.data;
      const hint =
        "Copy the query from Panel JSON or Query inspector in Grafana: one object of `targets` or `queries`.";
      throw unaskable(what, "it is no JSON object", hint);
    }
  }
}

/** POST /api/ds/query: one query named A; the window ends just before the step after the last. */
export function requestBody(text: string, piece: StepGrid, options: GrafanaOptions, what: string): unknown {
  const query = {
    ...modelOf(text.trim(), options.language, piece.step, what),
    refId: "A",
    datasource: { uid: options.datasource },
    intervalMs: Math.round(piece.step * 1000),
    // One more than there are, so that no data source widens the step.
    maxDataPoints: countSteps(piece) + 1,
  };
  const [from, to] = [piece.start * 1000, (piece.end + piece.step) * 1000 - 1];
  return { queries: [query], from: String(Math.round(from)), to: String(Math.round(to)) };
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SOURCES } from "../../../src/sources/index.ts";
import { byNearness, nearestName } from "../../../src/sources/nearest.ts";

const folder = join(import.meta.dirname, "../../../src/sources");

describe("the table of sources", () => {
  test("lists every folder that holds a source", () => {
    const withSource = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && readdirSync(join(folder, entry.name)).includes("source.ts"))
      .map((entry) => entry.name);
    expect([...new Set(Object.values(SOURCES).map((source) => source.id))].sort()).toEqual(withSource.sort());
  });

  test("knows a source by its id and its other names", () => {
    expect(Object.keys(SOURCES).sort()).toEqual([
      "amazon-managed-prometheus",
      "azure-log-analytics",
      "azure-managed-prometheus",
      "azure-monitor",
      "cloudwatch",
      "cortex",
      "datadog",
      "dynatrace",
      "elasticsearch",
      "file",
      "google-cloud-monitoring",
      "google-managed-prometheus",
      "grafana",
      "grafana-cloud",
      "graphite",
      "honeycomb",
      "http-json",
      "influxdb",
      "mimir",
      "new-relic",
      "opensearch",
      "prometheus",
      "splunk-observability",
      "thanos",
      "victoria-metrics",
    ]);
    expect(SOURCES.thanos?.id).toBe("prometheus");
  });

  test("loads the code of a service with its first fetch: only its options are there from the start", () => {
    const fromTheStart = ["cloudwatch", "datadog", "file", "prometheus"];
    const folders = [...new Set(Object.values(SOURCES).map((source) => source.id))];
    for (const id of folders.filter((one) => !fromTheStart.includes(one))) {
      const code = readFileSync(join(folder, id, "source.ts"), "utf8");
      expect(
        [...code.matchAll(/^} from "(\.\/.*)"|^import .* from "(\.\/.*)"/gm)].map((match) => match[1] ?? match[2]),
      ).toEqual(["./options.ts"]);
      expect(code).toContain('await import("./');
    }
  });

  test("names the environment variables that a source needs", () => {
    const options = { type: "mimir", url: "https://m.example.com", "token-env": "T", "headers-env": { "X-Key": "K" } };
    expect(SOURCES.mimir?.open(options, ".").credentials).toEqual(["T", "K"]);
  });
});

describe("nearest names", () => {
  test("a slip finds the name, something else finds none", () => {
    expect(nearestName("promtheus", Object.keys(SOURCES))).toBe("prometheus");
    expect(nearestName("Zone", ["zone", "node"])).toBe("zone");
    expect(nearestName("splunk", Object.keys(SOURCES))).toBeNull();
  });

  test("order by distance, then by name", () => {
    expect(byNearness("zone", ["job", "zones", "env", "zone_id"])).toEqual(["zones", "env", "job", "zone_id"]);
  });
});

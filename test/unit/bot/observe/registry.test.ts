import { expect, test } from "vitest";
import { createRegistry } from "../../../../src/bot/observe/registry.ts";

const linesOf = (text: string, name: string): string[] => text.split("\n").filter((line) => line.startsWith(name));

test("counters, gauges and histograms in Prometheus' text format", () => {
  const registry = createRegistry();
  registry.count("deploy_impact_webhooks_total", { event: "push", outcome: "accepted" });
  registry.count("deploy_impact_webhooks_total", { event: "push", outcome: "accepted" }, 2);
  registry.observe("deploy_impact_jobs", { job: "judge", state: "created" }, 7);
  registry.observe("deploy_impact_jobs", { job: "judge", state: "created" }, 5);
  for (const seconds of [0.004, 0.2, 100]) registry.observe("deploy_impact_job_seconds", { job: "judge" }, seconds);
  const text = registry.text();
  expect(text).toContain(
    "# HELP deploy_impact_webhooks_total Webhooks by event and outcome.\n# TYPE deploy_impact_webhooks_total counter\n",
  );
  expect(linesOf(text, "deploy_impact_webhooks_total")).toEqual([
    'deploy_impact_webhooks_total{event="push",outcome="accepted"} 3',
  ]);
  expect(linesOf(text, "deploy_impact_jobs{")).toEqual(['deploy_impact_jobs{job="judge",state="created"} 5']);
  const histogram = linesOf(text, "deploy_impact_job_seconds");
  expect(histogram).toContain('deploy_impact_job_seconds_bucket{job="judge",le="0.01"} 1');
  expect(histogram).toContain('deploy_impact_job_seconds_bucket{job="judge",le="0.5"} 2');
  expect(histogram).toContain('deploy_impact_job_seconds_bucket{job="judge",le="300"} 3');
  expect(histogram).toContain('deploy_impact_job_seconds_bucket{job="judge",le="+Inf"} 3');
  expect(histogram).toContain('deploy_impact_job_seconds_sum{job="judge"} 100.204');
  expect(histogram).toContain('deploy_impact_job_seconds_count{job="judge"} 3');
  expect(text.endsWith("\n")).toBe(true);
});

test("a metric without labels is there from the start, one with labels is not", () => {
  const text = createRegistry().text();
  expect(linesOf(text, "deploy_impact_analyses_pending")).toEqual(["deploy_impact_analyses_pending 0"]);
  expect(linesOf(text, "deploy_impact_late_seconds_count")).toEqual(["deploy_impact_late_seconds_count 0"]);
  expect(linesOf(text, "deploy_impact_jobs_total")).toEqual([]);
});

test("label values are escaped, unknown labels are a fault, and series are bounded", () => {
  const registry = createRegistry();
  registry.count("deploy_impact_jobs_total", { job: 'a"b\\c\nd', outcome: "done" });
  expect(registry.text()).toContain('deploy_impact_jobs_total{job="a\\"b\\\\c\\nd",outcome="done"} 1');
  expect(() => registry.count("deploy_impact_jobs_total", { repository: "x" })).toThrow("has no label repository");
  for (let index = 0; index < 3000; index += 1) registry.count("deploy_impact_jobs_total", { job: `${index}` });
  expect(linesOf(registry.text(), "deploy_impact_jobs_total").length).toBe(1000);
  registry.reset("deploy_impact_jobs_total");
  expect(linesOf(registry.text(), "deploy_impact_jobs_total")).toEqual([]);
});

/** Everything that `/metrics` shows, once: name, kind and labels. A name that is not here does not compile. */
export const METRICS = {
  deploy_impact_webhooks_total: {
    kind: "counter",
    labels: ["event", "outcome"],
    help: "Webhooks by event and outcome.",
  },
  deploy_impact_jobs_total: { kind: "counter", labels: ["job", "outcome"], help: "Jobs by name and outcome." },
  deploy_impact_job_seconds: { kind: "histogram", labels: ["job"], help: "Time that a job took." },
  deploy_impact_late_seconds: { kind: "histogram", labels: [], help: "How late a look at the data was." },
  deploy_impact_verdicts_total: { kind: "counter", labels: ["verdict", "conclusion"], help: "Verdicts published." },
  deploy_impact_github_requests_total: {
    kind: "counter",
    labels: ["status"],
    help: "Requests to GitHub by status class.",
  },
  deploy_impact_reactions_total: { kind: "counter", labels: ["kind", "state"], help: "Alerts and rollbacks by state." },
  deploy_impact_analyses_pending: {
    kind: "gauge",
    labels: [],
    help: "Analyses whose verdict is still to come.",
  },
  deploy_impact_oldest_overdue_seconds: {
    kind: "gauge",
    labels: [],
    help: "How long the most overdue analysis or gate should have been looked at; 0: none.",
  },
  deploy_impact_jobs: { kind: "gauge", labels: ["job", "state"], help: "Jobs in the queue by name and state." },
  process_resident_memory_bytes: { kind: "gauge", labels: [], help: "Resident memory size in bytes." },
  process_start_time_seconds: { kind: "gauge", labels: [], help: "Start of the process, seconds since the epoch." },
  nodejs_heap_size_used_bytes: { kind: "gauge", labels: [], help: "Memory of the JavaScript heap that is in use." },
  nodejs_eventloop_lag_seconds: {
    kind: "gauge",
    labels: [],
    help: "99th percentile of how late timers fired since the last look.",
  },
} as const satisfies Record<
  string,
  { readonly kind: "counter" | "gauge" | "histogram"; readonly labels: readonly string[]; readonly help: string }
>;

export type MetricName = keyof typeof METRICS;

export interface Metrics {
  count(name: MetricName, labels: Readonly<Record<string, string>>, by?: number): void;
  /** Adds a value to a histogram, or sets a gauge. */
  observe(name: MetricName, labels: Readonly<Record<string, string>>, value: number): void;
}

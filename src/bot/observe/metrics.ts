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
} as const satisfies Record<
  string,
  { readonly kind: "counter" | "histogram"; readonly labels: readonly string[]; readonly help: string }
>;

export type MetricName = keyof typeof METRICS;

export interface Metrics {
  count(name: MetricName, labels: Readonly<Record<string, string>>, by?: number): void;
  observe(name: MetricName, labels: Readonly<Record<string, string>>, value: number): void;
}

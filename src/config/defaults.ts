/** What holds when the config says nothing (docs/configuration.md). Durations as a person would write them. */
export const DEFAULTS = {
  pre: "24h",
  /** With `design: its`: a week of earlier days and the hours before the deploy. */
  preWithoutControls: "8d",
  settle: "5m",
  post: "1h",
  step: "1m",
  alpha: 0.05,
  inference: "precision-weighted",
  scale: "auto",
  design: "auto",
  looks: 1,
  role: "guardrail",
  mode: "enforcing",
  comment: "on-change",
  failOn: "regression",
  onInconclusive: "neutral",
  onInvalid: "neutral",
  seed: 1,
  gate: { onInconclusive: "wait", onInvalid: "wait", onError: "wait", after: "2h", maxWait: "24h" },
} as const;

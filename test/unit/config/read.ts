import type { Config } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { DeployImpactError } from "../../../src/core/errors.ts";

export const FILE = "deploy-impact.yml";

/** The smallest config that says everything it must. */
export const SMALLEST = `version: 1
source: { type: prometheus, url: https://prometheus.example.com, token-env: PROM_TOKEN }
units: { label: zone, treated: { match: { zone: [eu-1, eu-2] } } }
slis:
  - id: latency
    kind: gauge
    query: avg by (zone) (latency_seconds)
    worse: up
    margin: 5%
`;

export function read(text: string, environment: string | null = null): Config {
  return loadConfig({ text, file: FILE, environment });
}

/** The error that this text causes. */
export function refused(text: string, environment: string | null = null): DeployImpactError {
  try {
    read(text, environment);
  } catch (error) {
    if (error instanceof DeployImpactError) return error;
    throw error;
  }
  throw new Error("the config was accepted");
}

/** `3:5 message` of every problem. */
export function problems(text: string, environment: string | null = null): string[] {
  return refused(text, environment).problems.map(
    ({ message, position }) => `${position?.line}:${position?.column} ${message}`,
  );
}

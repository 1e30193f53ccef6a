import type { Trigger } from "../../../src/app/trigger.ts";
import type { Config } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { Ports } from "../../../src/ports.ts";

/** 2026-03-10T08:00:00Z, a whole multiple of every step used here. */
export const DEPLOYED_AT = 1_773_129_600;

export function configOf(text: string, environment: string | null = null): Config {
  return loadConfig({ text, file: "deploy-impact.yml", environment });
}

export function trigger(changes: Partial<Trigger> = {}): Trigger {
  return {
    environment: "production",
    sha: "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
    repository: "owner/name",
    deploymentId: 7,
    deployedAt: DEPLOYED_AT,
    deployedAtSource: "status",
    payload: null,
    url: null,
    pullRequests: [12],
    otherDeployments: null,
    configChanged: false,
    changedPaths: null,
    ...changes,
  };
}

/** A world whose clock stands still at `now` (epoch seconds) and whose network is `fetch`. */
export function portsAt(now: number, fetch: typeof globalThis.fetch = refuseNetwork): Ports {
  return {
    now: () => now * 1000,
    sleep: async () => undefined,
    env: {},
    fetch,
    log: { debug: () => undefined, info: () => undefined, warning: () => undefined },
    random: () => 0.5,
  };
}

const refuseNetwork: typeof globalThis.fetch = async (request) => {
  throw new Error(`no network in this test: ${String(request)}`);
};

/** Multiplicative congruential generator (Park and Miller, 1988): the same numbers everywhere. */
export function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    // Sum of uniforms: near enough to a normal distribution for test data.
    return state / 2_147_483_647 - 0.5;
  };
}

export interface MadeUnit {
  readonly unit: string;
  readonly group: "treated" | "control";
  readonly level: number;
}

export const UNITS: readonly MadeUnit[] = [
  { unit: "eu-1", group: "treated", level: 100 },
  { unit: "eu-2", group: "treated", level: 120 },
  { unit: "us-1", group: "control", level: 90 },
  { unit: "us-2", group: "control", level: 110 },
  { unit: "us-3", group: "control", level: 105 },
];

/** `preSteps` before and `postSteps` after the deploy, one minute apart, with `effect` added to the treated after it. */
export function rows(
  preSteps: number,
  postSteps: number,
  effect: number,
): { time: number; unit: MadeUnit; value: number }[] {
  const next = noise(11);
  return Array.from({ length: preSteps + postSteps }, (_, step) => step - preSteps).flatMap((step) => {
    const shared = 5 * Math.sin(step / 30);
    return UNITS.map((unit) => ({
      time: DEPLOYED_AT + step * 60,
      unit,
      value: unit.level + shared + 4 * next() + (unit.group === "treated" && step >= 0 ? effect : 0),
    }));
  });
}

/** `time,unit,group,value` */
export function panelCsv(made: ReturnType<typeof rows>): string {
  const lines = made.map(({ time, unit, value }) => `${time},${unit.unit},${unit.group},${value.toFixed(4)}`);
  return `time,unit,group,value\n${lines.join("\n")}\n`;
}

/** `time,zone,latency`, for a source of type file. */
export function tableCsv(made: ReturnType<typeof rows>): string {
  const lines = made.map(({ time, unit, value }) => `${time},${unit.unit},${value.toFixed(4)}`);
  return `time,zone,latency\n${lines.join("\n")}\n`;
}

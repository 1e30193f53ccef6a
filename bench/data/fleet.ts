import { autoregressive, dailyCycle, uniformFrom } from "../../examples/simulation.ts";
import type { Series } from "../../src/core/panel/series.ts";

/** 2026-01-05T00:00:00Z, a Monday. */
export const START = 1_767_571_200;

/** What a benchmark measures: `units` units, of which the first fifth got the deploy. */
export interface FleetShape {
  readonly units: number;
  readonly steps: number;
  /** Seconds. */
  readonly step: number;
}

/** The last hour of the data, or their last fifth when they are shorter than five hours, lies after the deploy. */
export function deployedAt({ steps, step }: FleetShape): number {
  const post = Math.min(Math.round(3600 / step), Math.floor(steps / 5));
  return START + (steps - post) * step;
}

export function unitName(unit: number): string {
  return `zone-${String(unit).padStart(4, "0")}`;
}

export function groupOf(unit: number, shape: FleetShape): "treated" | "control" {
  return unit < Math.max(1, Math.floor(shape.units / 5)) ? "treated" : "control";
}

/** A latency in milliseconds: own level, shared daily cycle, serially correlated noise. Nothing happens at the deploy. */
export function unitValues(unit: number, { steps, step }: FleetShape): Float64Array {
  const noise = autoregressive(uniformFrom(unit), steps, 0.6, 0.05);
  const level = 100 + 5 * (unit % 17);
  return Float64Array.from(noise, (value, t) => level * Math.exp(dailyCycle(START + t * step, 0.2) + value));
}

export function fleetSeries(shape: FleetShape): Series[] {
  const times = Float64Array.from({ length: shape.steps }, (_, t) => START + t * shape.step);
  return Array.from({ length: shape.units }, (_, unit) => ({
    unit: unitName(unit),
    group: groupOf(unit, shape),
    component: "value",
    times,
    values: unitValues(unit, shape),
  }));
}

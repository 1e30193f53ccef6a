import { type Effect, rankEffect, studentEffect } from "../../inference/effect.ts";
import type { WaveFit } from "./fit.ts";

/** Units behind the error: treated and judged, or control at some step. */
export function unitsBehind({ arrangement, control }: WaveFit): number {
  const treated = arrangement.judged.flatMap((k) => [...(arrangement.waves[k]?.units ?? [])]);
  return new Set([...treated, ...control]).size;
}

export function waveEffect(fit: WaveFit): Effect {
  const { att, variance, dof, method } = fit;
  if (variance === null || dof === null) return rankEffect(att, fit.rankP ?? 1);
  const clusters = unitsBehind(fit);
  return studentEffect({ att, stdError: Math.sqrt(variance), dof, method, clusters });
}

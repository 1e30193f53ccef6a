import type { Config, ServiceConfig } from "../config/config.ts";
import { DeployImpactError } from "../core/errors.ts";
import { lookLevels } from "../core/inference/sequential/look-levels.ts";
import type { LookPlan, PlannedLook } from "../core/plan.ts";

/** Which look of the plan: the one that the clock says is due, or one by its number (from 1). */
export type LookChoice = "due" | number;

/** What a service plans, in seconds. */
export interface LookSetting {
  readonly post: number;
  readonly step: number;
  readonly looks: number;
}

/**
 * Length of the post window at each look, seconds, ascending: the post window in equal parts, ending on a step, the last
 * one whole.
 */
export function lookSpans({ post, step, looks }: LookSetting): readonly number[] {
  if (looks > Math.max(1, Math.floor(post / step))) throw tooManyLooks(looks, post, step);
  return Array.from({ length: looks }, (_, k) =>
    k + 1 === looks ? post : step * Math.floor((post * (k + 1)) / (looks * step)),
  );
}

/** @param settled start of the post window, epoch seconds. @param lag seconds until the last points can be read. */
export function lookSchedule(
  setting: LookSetting,
  alpha: number,
  { settled, lag }: { readonly settled: number; readonly lag: number },
): readonly PlannedLook[] {
  const spans = lookSpans(setting);
  const levels = lookLevels(
    spans.map((span) => span / setting.post),
    alpha,
  );
  return spans.flatMap((span, k) => {
    const level = levels[k];
    return level === undefined ? [] : [{ postEnd: settled + span, readyAt: settled + span + lag, ...level }];
  });
}

/** The latest look whose data are complete; before that the first one. */
export function chooseLook(planned: readonly PlannedLook[], alpha: number, choice: LookChoice, now: number): LookPlan {
  const due = planned.filter(({ readyAt }) => readyAt <= now).length;
  return { number: choice === "due" ? Math.max(1, due) : choice, alpha, planned };
}

/** `--look k/K`: a config without `looks` takes K from there, one that plans another number contradicts it. */
export function withLooks(config: Config, looks: number): Config {
  return { ...config, services: config.services.map((service) => serviceWithLooks(service, looks)) };
}

function serviceWithLooks(service: ServiceConfig, looks: number): ServiceConfig {
  if (service.looks === looks || service.looks === 1) return { ...service, looks };
  const whose = service.name === null ? "The config" : `The service ${service.name}`;
  throw new DeployImpactError("USAGE", `${whose} plans ${service.looks} looks, and --look says ${looks}.`, {
    hint: `The plan is fixed before the data: write --look k/${service.looks}, or leave --look out and the clock decides which look is due.`,
  });
}

function tooManyLooks(looks: number, post: number, step: number): DeployImpactError {
  const most = Math.max(1, Math.floor(post / step));
  return new DeployImpactError(
    "USAGE",
    `${looks} looks need a post window of at least ${looks} steps; ${post} s with a step of ${step} s have ${most}.`,
    { hint: `Plan at most ${most} looks, or lengthen the post window.` },
  );
}

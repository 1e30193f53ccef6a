import type { Config } from "../config/config.ts";
import { requireTime } from "../config/time.ts";
import { DeployImpactError } from "../core/errors.ts";
import type { JsonValue } from "../core/outcome.ts";
import { PAYLOAD_KEYS } from "../github/deployments.ts";
import type { Trigger } from "./trigger.ts";

type Times = Readonly<Record<string, number>>;

/** Someone who gives one time for this very run means one deploy, whatever the config says. */
const STATED = new Set(["flag", "input"]);

/**
 * The trigger with each unit's own deploy time, where somebody says it: the trigger itself, the deployment's payload
 * (`deployedAt: { unit: time }`), or the config. Then `deployedAt` is the earliest of them.
 */
export function withWaves<T extends Pick<Trigger, "deployedAt" | "deployedAtSource" | "waves" | "payload">>(
  config: Pick<Config, "deployedAt" | "services">,
  trigger: T,
): T {
  if (trigger.waves !== undefined || STATED.has(trigger.deployedAtSource)) return trigger;
  const sent = payloadWaves(trigger.payload);
  if (sent !== null) return { ...trigger, waves: sent, deployedAt: earliest(sent), deployedAtSource: "payload" };
  const stated = config.deployedAt;
  if (typeof stated !== "object" || stated === null || Object.keys(stated).length === 0) return trigger;
  refuseOldRollOut(config, stated, trigger.deployedAt);
  return { ...trigger, waves: stated, deployedAt: earliest(stated), deployedAtSource: "config" };
}

function earliest(times: Times): number {
  return Math.min(...Object.values(times));
}

function payloadWaves(payload: JsonValue): Times | null {
  if (payload === null || typeof payload !== "object" || Array.isArray(payload)) return null;
  const key = PAYLOAD_KEYS.find((one) => isMap(payload[one]));
  const times = key === undefined ? null : payload[key];
  if (!isMap(times) || Object.keys(times).length === 0) return null;
  return Object.fromEntries(
    Object.entries(times).map(([unit, time]) => {
      const written = typeof time === "string" || typeof time === "number" ? time : JSON.stringify(time);
      return [unit, requireTime(written, `\`${key}: ${unit}\` in the deployment's payload`)];
    }),
  );
}

function isMap(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A map in the config is about one roll-out; a later deployment is another one. */
function refuseOldRollOut({ services }: Pick<Config, "services">, times: Times, deployedAt: number): void {
  const last = Math.max(...Object.values(times));
  const judged = Math.max(...services.map(({ windows }) => windows.settle + windows.post));
  if (deployedAt <= last + judged) return;
  throw new DeployImpactError(
    "CONFIG_INVALID",
    "The deploy times in `deployed-at` of the config are of an earlier roll-out than this deployment.",
    {
      hint: "Send the units' times with the deployment (`deployedAt: { unit: time }` in its payload), or update `deployed-at`.",
    },
  );
}

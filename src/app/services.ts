import type { Config, ServiceConfig } from "../config/config.ts";
import { matchesGlob } from "./glob.ts";
import type { Trigger } from "./trigger.ts";

/**
 * The services that this deploy may have touched: those whose `paths` fit a changed file, and those without `paths`.
 *
 * When the changed files are not known, or none of them belongs to any service (a shared lockfile, a base image), the
 * deploy may have touched every service, so every service is analysed: leaving all out would pass in silence.
 */
export function selectServices(config: Config, trigger: Pick<Trigger, "changedPaths">): readonly ServiceConfig[] {
  const changed = trigger.changedPaths;
  if (changed === null) return config.services;
  const touched = config.services.filter(
    ({ paths }) => paths.length === 0 || paths.some((glob) => changed.some((path) => matchesGlob(glob, path))),
  );
  return touched.length === 0 ? config.services : touched;
}

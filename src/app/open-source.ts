import type { ServiceConfig } from "../config/config.ts";
import { DeployImpactError } from "../core/errors.ts";
import { type OpenSource, SOURCES } from "../sources/index.ts";

/** The source of that name, ready to be asked. `folder`: what relative paths in its options are relative to. */
export function openSource(service: Pick<ServiceConfig, "sources">, name: string, folder: string): OpenSource {
  const config = service.sources[name];
  const entry = config === undefined ? undefined : SOURCES[config.type];
  if (config !== undefined && entry !== undefined) return entry.open(config.options, folder);
  throw new DeployImpactError("CONFIG_INVALID", `There is no source "${name}".`, {
    hint: "Describe it in `source` or `sources`.",
  });
}

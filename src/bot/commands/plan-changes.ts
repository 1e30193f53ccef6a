import type { Config } from "../../config/config.ts";
import type { PlanAmendment } from "../../report/amendments.ts";

/** The longest post window among the services, seconds. */
export function longestPost(config: Pick<Config, "services">): number {
  return Math.max(...config.services.map(({ windows }) => windows.post));
}

/** The announced config with everything that people asked for since: every post window is longer by the same amount. */
export function amendedConfig(config: Config, amendments: readonly PlanAmendment[]): Config {
  const longer = amendments.reduce(
    (sum, amendment) => sum + (amendment.kind === "extend" ? amendment.to - amendment.from : 0),
    0,
  );
  if (longer === 0) return config;
  const services = config.services.map((service) => ({
    ...service,
    windows: { ...service.windows, post: service.windows.post + longer },
  }));
  return { ...config, services };
}

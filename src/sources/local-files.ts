import { DeployImpactError } from "../core/errors.ts";
import type { Ports } from "../ports.ts";

/**
 * Refuses what only the owner of this machine may ask for: its files, its own account. `what` is the subject of the
 * sentence ("`tls: ca-file`"), `instead` what a config can do that runs on somebody else's machine.
 */
export function requireOwnMachine(ports: Pick<Ports, "confinement">, what: string, instead: string): void {
  if (ports.confinement === undefined) return;
  throw new DeployImpactError(
    "CONFIG_INVALID",
    `${what} needs the machine that deploy-impact runs on, which is out of bounds for a config of the bot.`,
    { hint: instead },
  );
}

import { DeployImpactError } from "../../core/errors.ts";
import type { Ports } from "../../ports.ts";

/** A secret that may have several lines, such as a private key. */
export function readSecretText(setting: string, name: string, env: Ports["env"]): string {
  const value = env[name]?.trim() ?? "";
  if (value !== "") return value;
  throw new DeployImpactError(
    "CREDENTIAL_MISSING",
    `The environment variable ${name}, named by \`${setting}\` of the source, is not set.`,
    {
      hint: `Set ${name} where deploy-impact runs (in a workflow: \`env: ${name}: \${{ secrets.${name} }}\`; for the bot: store it as a secret of that name for this repository).`,
    },
  );
}

/** A secret that fits into a header or a form. */
export function readSecret(setting: string, name: string, env: Ports["env"]): string {
  // A secret stored from a file often ends with a line break that no header can carry.
  const value = readSecretText(setting, name, env);
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new DeployImpactError(
      "CREDENTIAL_MISSING",
      `The environment variable ${name}, named by \`${setting}\` of the source, holds characters that cannot be sent.`,
      { hint: `Store the bare secret in ${name}, on one line.` },
    );
  }
  return value;
}

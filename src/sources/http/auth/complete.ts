import { DeployImpactError } from "../../../core/errors.ts";
import type { HttpPorts } from "../contract.ts";
import type { AuthOptions, CompleteAuth } from "./options.ts";

/** What a source knows about its own service, for what the config may leave out. */
export interface AuthDefaults {
  /** Signing name of the service at Amazon. */
  readonly awsService: string;
  /** Scope of the service at Microsoft. */
  readonly azureScope: string;
}

/** `eu-west-1` in aps-workspaces.eu-west-1.amazonaws.com and in shop.eu-west-1.es.amazonaws.com */
const REGION_IN_HOST = /\.([a-z]{2}(?:-[a-z]+)+-\d+)\.(?:(?:es\.)?amazonaws\.com(?:\.cn)?|api\.aws)$/;

export function completeAuth(
  auth: AuthOptions,
  { url, env, defaults }: { readonly url: string; readonly env: HttpPorts["env"]; readonly defaults: AuthDefaults },
): CompleteAuth {
  switch (auth.kind) {
    case "sigv4":
      return { ...auth, region: auth.region ?? regionOf(url, env), service: auth.service ?? defaults.awsService };
    case "azure":
      return { ...auth, scope: auth.scope ?? defaults.azureScope };
    default:
      return auth;
  }
}

function regionOf(url: string, env: HttpPorts["env"]): string {
  const found = REGION_IN_HOST.exec(new URL(url).hostname)?.[1] ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? "";
  if (found !== "") return found;
  throw new DeployImpactError("CONFIG_INVALID", "`auth` names no region, and neither do `url` and AWS_REGION.", {
    hint: "Write `region: eu-west-1` (your own) into `auth` of the source.",
  });
}

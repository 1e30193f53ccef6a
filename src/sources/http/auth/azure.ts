import { DeployImpactError } from "../../../core/errors.ts";
import { readSecret } from "../secrets.ts";
import { type AccessToken, bearer } from "./bearer.ts";
import type { AuthContext, Authenticator } from "./contract.ts";
import { exchange, readToken } from "./exchange.ts";
import { githubIdentity, hasGithubIdentity } from "./github-identity.ts";
import { readIdentityFile } from "./identity-file.ts";
import type { AzureOptions } from "./options.ts";

const PUBLIC_AUTHORITY = "https://login.microsoftonline.com";
/** What Entra expects in a token of GitHub. */
const AUDIENCE = "api://AzureADTokenExchange";
const ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const TOKEN_FILE = "AZURE_FEDERATED_TOKEN_FILE";

/** Microsoft Entra: client credentials with a secret, or with the identity of the job or of the pod. */
export function azure(auth: AzureOptions & { readonly scope: string }, context: AuthContext): Authenticator {
  const tenant = auth["tenant-id"] ?? fromEnvironment("tenant-id", "AZURE_TENANT_ID", context);
  const client = auth["client-id"] ?? fromEnvironment("client-id", "AZURE_CLIENT_ID", context);
  const authority = (auth.authority ?? PUBLIC_AUTHORITY).replace(/\/+$/, "");
  const obtain = async (): Promise<AccessToken> =>
    exchange({
      client: context.connect("Microsoft Entra", authority),
      path: `/${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
      parameters: [
        ["grant_type", "client_credentials"],
        ["client_id", client],
        ["scope", auth.scope],
        ...(await proof(auth, context)),
      ],
      post: "form",
      what: "the access token",
      hint: "Check `tenant-id` and `client-id` of `auth`, and its secret or the federated credential of the application: subject and audience must be those of this repository.",
      read: readToken(context.ports.now),
    });
  return bearer(JSON.stringify([auth, tenant, client]), context, obtain);
}

function fromEnvironment(key: string, name: string, { ports }: AuthContext): string {
  const value = ports.env[name]?.trim() ?? "";
  if (value !== "") return value;
  throw new DeployImpactError("CREDENTIAL_MISSING", `\`auth\` names no ${key}, and ${name} is not set.`, {
    hint: `Write \`${key}\` into \`auth\` of the source, or set ${name}.`,
  });
}

async function proof(auth: AzureOptions, context: AuthContext): Promise<[string, string][]> {
  const { env } = context.ports;
  const named = auth["client-secret-env"];
  if (named !== undefined) {
    const secret = readSecret("auth: client-secret-env", named, env);
    context.keepSecret(secret);
    return [["client_secret", secret]];
  }
  const file = env[TOKEN_FILE] ?? "";
  const assertion =
    file !== "" && !hasGithubIdentity(env)
      ? await readIdentityFile(TOKEN_FILE, file, context)
      : await githubIdentity(AUDIENCE, context);
  return [
    ["client_assertion_type", ASSERTION],
    ["client_assertion", assertion],
  ];
}

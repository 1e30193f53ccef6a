import { z } from "zod";
import { DeployImpactError } from "../../../core/errors.ts";
import { requireOwnMachine } from "../../local-files.ts";
import type { HttpPorts } from "../contract.ts";
import type { AuthContext } from "./contract.ts";
import { exchange, readJsonAs } from "./exchange.ts";

/** Set by the runner in jobs that may ask for an identity. */
const REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL";
const REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

export function hasGithubIdentity(env: HttpPorts["env"]): boolean {
  return (env[REQUEST_URL] ?? "") !== "" && (env[REQUEST_TOKEN] ?? "") !== "";
}

const identitySchema = z.object({ value: z.string().min(1) });

/** A signed statement of the runner about this job, for `audience`; it lasts some minutes. */
export async function githubIdentity(audience: string, context: AuthContext): Promise<string> {
  const { ports, connect, keepSecret } = context;
  requireOwnMachine(
    ports,
    "The identity of a GitHub job",
    "Sign in with secrets of the repository: keys for sigv4, `credentials-env` for google, `client-secret-env` for azure.",
  );
  const [url = "", token = ""] = [ports.env[REQUEST_URL], ports.env[REQUEST_TOKEN]];
  if (url === "" || token === "") {
    throw new DeployImpactError("CREDENTIAL_MISSING", "This job has no identity of its own to sign in with.", {
      hint: "Add `id-token: write` to the `permissions` of the job.",
    });
  }
  keepSecret(token);
  const { value } = await exchange({
    client: connect("The identity service of the runner", url),
    parameters: [["audience", audience]],
    headers: { authorization: `Bearer ${token}` },
    what: "the identity of this job",
    hint: "Run the job again; its permission `id-token: write` is there, but the service refuses.",
    read: readJsonAs(identitySchema, "an identity token"),
  });
  keepSecret(value);
  return value;
}

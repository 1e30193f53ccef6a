import { z } from "zod";
import { DeployImpactError } from "../../../core/errors.ts";
import type { BodyVerdict, HttpPorts } from "../contract.ts";
import { xmlText } from "../explain.ts";
import { readSecret } from "../secrets.ts";
import { awsSignature } from "./aws-signature.ts";
import type { AuthContext } from "./contract.ts";
import type { Expiring } from "./credential-cache.ts";
import { exchange } from "./exchange.ts";
import { githubIdentity, hasGithubIdentity } from "./github-identity.ts";
import { readIdentityFile } from "./identity-file.ts";
import { AWS_NAMES, type Sigv4Options } from "./options.ts";

export interface AwsCredentials extends Expiring {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

const SESSION_NAME = "deploy-impact";
const TOKEN_FILE = "AWS_WEB_IDENTITY_TOKEN_FILE";
/** What Amazon expects in a token of GitHub. */
const AUDIENCE = "sts.amazonaws.com";

/**
 * Credentials in the order: keys from the environment (used to take over `role` when one is named), the identity of the
 * GitHub job, the identity file of a Kubernetes pod.
 */
export async function awsCredentials(
  auth: Sigv4Options & { readonly region: string },
  context: AuthContext,
): Promise<AwsCredentials> {
  const { env } = context.ports;
  const keys = environmentKeys(auth, context);
  const role = auth.role ?? (keys === null ? (env.AWS_ROLE_ARN ?? "") : "");
  if (keys !== null) return role === "" ? keys : await assumeRole(role, keys, auth.region, context);
  if (role === "") throw noCredentials();
  const file = env[TOKEN_FILE] ?? "";
  const identity =
    file !== "" && !hasGithubIdentity(env)
      ? await readIdentityFile(TOKEN_FILE, file, context)
      : await githubIdentity(AUDIENCE, context);
  return await takeRole(
    [["Action", "AssumeRoleWithWebIdentity"], ...roleParameters(role), ["WebIdentityToken", identity]],
    auth.region,
    context,
    {},
    "Check that the trust policy of `role` names the identity provider, the audience sts.amazonaws.com and the subject of this repository.",
  );
}

function noCredentials(): DeployImpactError {
  return new DeployImpactError("CREDENTIAL_MISSING", "There are no credentials to sign requests for AWS with.", {
    hint: `Set ${AWS_NAMES.accessKeyId} and ${AWS_NAMES.secretAccessKey} (aws-actions/configure-aws-credentials does), or name a \`role\` in \`auth\` and give the job \`id-token: write\`.`,
  });
}

/** null: no keys are set, and none are named either. */
function environmentKeys(auth: Sigv4Options, { ports, keepSecret }: AuthContext): AwsCredentials | null {
  const named = auth["access-key-id-env"] !== undefined;
  const isSet = (ports.env[AWS_NAMES.accessKeyId] ?? "") !== "";
  if (!named && !isSet) return null;
  const read = (key: "access-key-id-env" | "secret-access-key-env", name: string): string => {
    const value = readSecret(`auth: ${key}`, auth[key] ?? name, ports.env);
    keepSecret(value);
    return value;
  };
  const accessKeyId = read("access-key-id-env", AWS_NAMES.accessKeyId);
  const secretAccessKey = read("secret-access-key-env", AWS_NAMES.secretAccessKey);
  const sessionToken = readSessionToken(auth, ports.env);
  if (sessionToken !== null) keepSecret(sessionToken);
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt: Number.POSITIVE_INFINITY };
}

/** A token of other keys would spoil the ones that are named. */
function readSessionToken(auth: Sigv4Options, env: HttpPorts["env"]): string | null {
  const name = auth["session-token-env"];
  if (name !== undefined) return readSecret("auth: session-token-env", name, env);
  const ambient = env[AWS_NAMES.sessionToken]?.trim() ?? "";
  return auth["access-key-id-env"] !== undefined || ambient === "" ? null : ambient;
}

async function assumeRole(
  role: string,
  keys: AwsCredentials,
  region: string,
  context: AuthContext,
): Promise<AwsCredentials> {
  const parameters: Parameters = [["Action", "AssumeRole"], ...roleParameters(role)];
  const body = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString();
  const request = { method: "POST", url: `${tokenService(region)}/`, body } as const;
  const headers = await awsSignature(request, keys, { region, service: "sts" }, context.ports.now());
  const hint = "Check that the keys may call sts:AssumeRole on `role`, and that the role trusts their account.";
  return await takeRole(parameters, region, context, headers, hint);
}

type Parameters = [name: string, value: string][];

function roleParameters(role: string): Parameters {
  return [
    ["Version", "2011-06-15"],
    ["RoleArn", role],
    ["RoleSessionName", SESSION_NAME],
  ];
}

function tokenService(region: string): string {
  return `https://sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

async function takeRole(
  parameters: Parameters,
  region: string,
  context: AuthContext,
  headers: Readonly<Record<string, string>>,
  hint: string,
): Promise<AwsCredentials> {
  const credentials = await exchange({
    client: context.connect("The token service of AWS", tokenService(region)),
    path: "/",
    parameters,
    post: "form",
    headers,
    what: "the credentials of the role",
    hint,
    read: readRole,
  });
  for (const secret of [credentials.accessKeyId, credentials.secretAccessKey, credentials.sessionToken ?? ""]) {
    context.keepSecret(secret);
  }
  return credentials;
}

const roleSchema = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  SessionToken: z.string().min(1),
  Expiration: z.iso.datetime({ offset: true }),
});

/** <Credentials> of AssumeRoleResult and AssumeRoleWithWebIdentityResult. */
function readRole(body: string): BodyVerdict<AwsCredentials> {
  const found = Object.fromEntries(Object.keys(roleSchema.shape).map((name) => [name, xmlText(body, name)]));
  const parsed = roleSchema.safeParse(found);
  if (!parsed.success) return { ok: false, detail: "it holds no credentials" };
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = parsed.data;
  const value = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiresAt: Date.parse(Expiration),
  };
  return { ok: true, value };
}

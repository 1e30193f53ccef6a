import { Buffer } from "node:buffer";
import { createSign } from "node:crypto";
import { z } from "zod";
import { DeployImpactError } from "../../../core/errors.ts";
import { type AccessToken, bearer } from "./bearer.ts";
import type { AuthContext, Authenticator } from "./contract.ts";
import { exchange, readJsonAs, readToken } from "./exchange.ts";
import { githubIdentity } from "./github-identity.ts";
import { type GoogleKey, googleKey } from "./google-key.ts";
import { readIdentityFile } from "./identity-file.ts";
import type { GoogleOptions } from "./options.ts";

const READ_METRICS = "https://www.googleapis.com/auth/monitoring.read";
const WHOLE_CLOUD = "https://www.googleapis.com/auth/cloud-platform";
const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

/** Google Cloud: whatever the key says; without one the machine's own account. */
export function google(auth: GoogleOptions, context: AuthContext): Authenticator {
  const scopes = auth.scopes ?? [READ_METRICS];
  return bearer(JSON.stringify(auth), context, async () => {
    const key = await googleKey(auth, context);
    switch (key.type) {
      case "service_account":
        return await serviceAccount(key, scopes, context);
      case "authorized_user":
        return await authorizedUser(key, context);
      case "external_account":
        return await externalAccount(key, scopes, context);
      case "metadata":
        return await metadataServer(scopes, context);
    }
  });
}

type KeyOf<Type extends GoogleKey["type"]> = Extract<GoogleKey, { type: Type }>;

/** RFC 7523, section 2.1: the account signs its own request. */
async function serviceAccount(
  key: KeyOf<"service_account">,
  scopes: readonly string[],
  context: AuthContext,
): Promise<AccessToken> {
  const issued = Math.floor(context.ports.now() / 1000);
  const claims = {
    iss: key.client_email,
    scope: scopes.join(" "),
    aud: key.token_uri,
    iat: issued,
    exp: issued + 3600,
  };
  const head = { alg: "RS256", typ: "JWT", ...(key.private_key_id !== undefined && { kid: key.private_key_id }) };
  const content = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = signWith(key.private_key, content);
  if (signature === null) throw unusableKey();
  return await exchange({
    client: context.connect("Google's token server", key.token_uri),
    parameters: [
      ["grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
      ["assertion", `${content}.${signature}`],
    ],
    post: "form",
    what: "the access token",
    hint: "Check that the key of the service account is still valid and that the clock of this machine is right.",
    read: readToken(context.ports.now),
  });
}

/** null: the key cannot be used; the fault of the library may quote it and is not kept. */
function signWith(privateKey: string, content: string): string | null {
  try {
    return createSign("RSA-SHA256").update(content).sign(privateKey, "base64url");
  } catch {
    return null;
  }
}

function unusableKey(): DeployImpactError {
  return new DeployImpactError("CREDENTIAL_MISSING", "The private key of the service account cannot be used.", {
    hint: "Store the JSON of the key unchanged, with the \\n of its private key.",
  });
}

async function authorizedUser(key: KeyOf<"authorized_user">, context: AuthContext): Promise<AccessToken> {
  return await exchange({
    client: context.connect("Google's token server", "https://oauth2.googleapis.com/token"),
    parameters: [
      ["grant_type", "refresh_token"],
      ["client_id", key.client_id],
      ["client_secret", key.client_secret],
      ["refresh_token", key.refresh_token],
    ],
    post: "form",
    what: "the access token",
    hint: "Sign in again: gcloud auth application-default login.",
    read: readToken(context.ports.now),
  });
}

/** Workload identity federation: an identity from outside becomes a token, which may take over a service account. */
async function externalAccount(
  key: KeyOf<"external_account">,
  scopes: readonly string[],
  context: AuthContext,
): Promise<AccessToken> {
  const impersonation = key.service_account_impersonation_url;
  const subject = await subjectToken(key, context);
  context.keepSecret(subject);
  const token = await exchange({
    client: context.connect("Google's security token service", key.token_url),
    parameters: [
      ["grant_type", TOKEN_EXCHANGE],
      ["requested_token_type", "urn:ietf:params:oauth:token-type:access_token"],
      ["audience", key.audience],
      ["scope", impersonation === undefined ? scopes.join(" ") : WHOLE_CLOUD],
      ["subject_token_type", key.subject_token_type],
      ["subject_token", subject],
    ],
    post: "form",
    what: "the federated token",
    hint: "Check the workload identity provider: its issuer, its attribute condition and the audience must fit this repository.",
    read: readToken(context.ports.now),
  });
  return impersonation === undefined ? token : await impersonate(impersonation, token, scopes, context);
}

const subjectSchema = z.record(z.string(), z.unknown());

async function subjectToken(key: KeyOf<"external_account">, context: AuthContext): Promise<string> {
  const source = key.credential_source;
  if (source.type === "github") return await githubIdentity(source.audience, context);
  const field = source.format?.type === "json" ? (source.format.subject_token_field_name ?? "access_token") : null;
  const text =
    source.type === "file"
      ? await readIdentityFile("the Google credentials", source.file, context)
      : await exchange({
          client: context.connect("The identity service", source.url),
          ...(source.headers !== undefined && { headers: source.headers }),
          what: "the identity of this job",
          hint: "Run the job again, with `id-token: write` among its permissions.",
          read: (body) => ({ ok: true, value: body }),
        });
  if (field === null) return text.trim();
  const read = readJsonAs(subjectSchema, "an identity token")(text);
  const value: unknown = read.ok ? read.value[field] : undefined;
  return typeof value === "string" ? value : "";
}

const impersonatedSchema = z.object({
  accessToken: z.string().min(1),
  expireTime: z.iso.datetime({ offset: true }),
});

async function impersonate(
  url: string,
  { token }: AccessToken,
  scopes: readonly string[],
  context: AuthContext,
): Promise<AccessToken> {
  context.keepSecret(token);
  const { accessToken, expireTime } = await exchange({
    client: context.connect("Google's credentials service", url),
    post: { type: "application/json", text: JSON.stringify({ scope: scopes, lifetime: "3600s" }) },
    headers: { authorization: `Bearer ${token}` },
    what: "the token of the service account",
    hint: "Grant the identity roles/iam.workloadIdentityUser (or serviceAccountTokenCreator) on the service account.",
    read: readJsonAs(impersonatedSchema, "an access token"),
  });
  return { token: accessToken, expiresAt: Date.parse(expireTime) };
}

/** Machines and pods of Google Cloud have an account of their own. */
async function metadataServer(scopes: readonly string[], context: AuthContext): Promise<AccessToken> {
  return await exchange({
    client: context.connect("Google's metadata server", "http://metadata.google.internal"),
    path: "/computeMetadata/v1/instance/service-accounts/default/token",
    parameters: [["scopes", scopes.join(",")]],
    headers: { "metadata-flavor": "Google" },
    what: "the access token",
    hint: "Give this machine a service account, or name credentials: `workload-identity-provider` or `credentials-env` in `auth`, or GOOGLE_APPLICATION_CREDENTIALS.",
    read: readToken(context.ports.now),
  });
}

import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { DeployImpactError } from "../../../core/errors.ts";
import { requireOwnMachine } from "../../local-files.ts";
import type { HttpPorts } from "../contract.ts";
import { readSecretText } from "../secrets.ts";
import type { AuthContext } from "./contract.ts";
import { hasGithubIdentity } from "./github-identity.ts";
import { readIdentityFile } from "./identity-file.ts";
import type { GoogleOptions } from "./options.ts";

const KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS";

/** A key file can send its holder's secrets anywhere: only Google's own hosts are followed. */
const googleAddress = z.string().regex(/^https:\/\/([a-z0-9-]+\.)*googleapis\.com\//, {
  error: "is not an address of googleapis.com",
});

const formatSchema = z.object({
  type: z.enum(["text", "json"]).optional(),
  subject_token_field_name: z.string().optional(),
});

const sourceSchema = z.union([
  z
    .object({ file: z.string().min(1), format: formatSchema.optional() })
    .transform((source) => ({ type: "file" as const, ...source })),
  z
    .object({
      url: z.url({ protocol: /^https?$/ }),
      headers: z.record(z.string(), z.string()).optional(),
      format: formatSchema.optional(),
    })
    .transform((source) => ({ type: "url" as const, ...source })),
]);

const serviceAccountSchema = z.object({
  type: z.literal("service_account"),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
  token_uri: googleAddress.default("https://oauth2.googleapis.com/token"),
});

const userSchema = z.object({
  type: z.literal("authorized_user"),
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  refresh_token: z.string().min(1),
});

const externalSchema = z.object({
  type: z.literal("external_account"),
  audience: z.string().min(1),
  subject_token_type: z.string().min(1),
  token_url: googleAddress,
  service_account_impersonation_url: googleAddress.optional(),
  credential_source: sourceSchema,
});

const keySchema = z.discriminatedUnion("type", [serviceAccountSchema, userSchema, externalSchema]);

type ExternalAccount = Omit<z.infer<typeof externalSchema>, "credential_source"> & {
  readonly credential_source: z.infer<typeof sourceSchema> | { readonly type: "github"; readonly audience: string };
};

export type GoogleKey =
  | z.infer<typeof serviceAccountSchema>
  | z.infer<typeof userSchema>
  | ExternalAccount
  /** No key: the machine's own account. */
  | { readonly type: "metadata" };

/**
 * What to sign in with: the config, then application default credentials in Google's order (the named file, the file
 * of `gcloud auth application-default login`, the machine's account).
 */
export async function googleKey(auth: GoogleOptions, context: AuthContext): Promise<GoogleKey> {
  const { env } = context.ports;
  const named = auth["credentials-env"];
  if (named !== undefined) {
    return readKey(readSecretText("auth: credentials-env", named, env), `the variable ${named}`, context);
  }
  const provider = auth["workload-identity-provider"];
  if (provider !== undefined) return federation(provider, auth["service-account"]);
  const file = env[KEY_FILE]?.trim() ?? "";
  if (file !== "")
    return readKey(await readIdentityFile(KEY_FILE, file, context), `the file that ${KEY_FILE} names`, context);
  requireOwnMachine(
    context.ports,
    "`auth: google` without credentials",
    "Store the JSON of a service account key as a secret and name it in `credentials-env` of `auth`.",
  );
  const own = await readFile(userFile(env), "utf8").catch(() => null);
  if (own !== null) return readKey(own, "the application default credentials of this user", context);
  if (hasGithubIdentity(env)) throw noProvider();
  return { type: "metadata" };
}

/** The identity of the GitHub job, with the audience that a workload identity provider expects by default. */
function federation(provider: string, account: string | undefined): ExternalAccount {
  return {
    type: "external_account",
    audience: `//iam.googleapis.com/${provider}`,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: "https://sts.googleapis.com/v1/token",
    ...(account !== undefined && {
      service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateAccessToken`,
    }),
    credential_source: { type: "github", audience: `https://iam.googleapis.com/${provider}` },
  };
}

function noProvider(): DeployImpactError {
  return new DeployImpactError("CREDENTIAL_MISSING", "There are no credentials for Google Cloud.", {
    hint: "Name `workload-identity-provider` (and `service-account`) in `auth`, or run google-github-actions/auth before.",
  });
}

/** Where gcloud puts what `application-default login` gave it. */
function userFile(env: HttpPorts["env"]): string {
  const folder =
    env.CLOUDSDK_CONFIG ??
    (env.APPDATA === undefined ? path.join(env.HOME ?? "", ".config", "gcloud") : path.join(env.APPDATA, "gcloud"));
  return path.join(folder, "application_default_credentials.json");
}

/** What is wrong is said by its place; the text itself holds secrets. */
function readKey(text: string, place: string, { keepSecret }: AuthContext): GoogleKey {
  const parsed = keySchema.safeParse(parseQuietly(text));
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    const where = first?.path.join(".") ?? "";
    throw new DeployImpactError(
      "CREDENTIAL_MISSING",
      `What stands in ${place} is not a Google credential${where === "" ? "" : ` (${where})`}.`,
      {
        hint: "Store the JSON of a service account key, of gcloud's login, or of a workload identity configuration, unchanged.",
      },
    );
  }
  const key = parsed.data;
  if (key.type === "service_account") keepSecret(key.private_key);
  if (key.type === "authorized_user") for (const one of [key.client_secret, key.refresh_token]) keepSecret(one);
  return key;
}

function parseQuietly(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

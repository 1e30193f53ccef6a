import { z } from "zod";
import { addressSchema, environmentNameSchema, textSchema } from "../fields.ts";

/** OAuth 2 client credentials (RFC 6749, section 4.4). */
const oauth2Schema = z.strictObject({
  kind: z.literal("oauth2"),
  "token-url": addressSchema,
  "client-id": textSchema.optional(),
  "client-id-env": environmentNameSchema.optional(),
  "client-secret-env": environmentNameSchema,
  scopes: z.array(textSchema).optional(),
  audience: textSchema.optional(),
  /** How the client shows its secret to the token server; `basic` is what every server must know. */
  "client-auth": z.enum(["basic", "body"]).optional(),
});

const ROLE = /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/** Signature version 4 of Amazon Web Services. */
export const sigv4Schema = z.strictObject({
  kind: z.literal("sigv4"),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, { error: "is not a region; write for example eu-west-1" })
    .optional(),
  service: z
    .string()
    .regex(/^[a-z0-9-]+$/, { error: "is not the signing name of a service; write for example aps" })
    .optional(),
  role: z
    .string()
    .regex(ROLE, { error: "is not the ARN of a role; write for example arn:aws:iam::123456789012:role/metrics" })
    .optional(),
  "access-key-id-env": environmentNameSchema.optional(),
  "secret-access-key-env": environmentNameSchema.optional(),
  "session-token-env": environmentNameSchema.optional(),
});

const PROVIDER = /^projects\/\d+\/locations\/global\/workloadIdentityPools\/[a-z0-9-]+\/providers\/[a-z0-9-]+$/;

/** Google: application default credentials, a key from the environment, or GitHub's identity. */
export const googleSchema = z.strictObject({
  kind: z.literal("google"),
  "credentials-env": environmentNameSchema.optional(),
  "workload-identity-provider": z
    .string()
    .regex(PROVIDER, {
      error: "must be projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER",
    })
    .optional(),
  "service-account": z
    .string()
    .regex(/^[^@\s/]+@[^@\s/]+$/, { error: "must be the e-mail address of a service account" })
    .optional(),
  scopes: z.array(textSchema).optional(),
});

/** Microsoft Entra: a client secret, or GitHub's identity when there is none. */
export const azureSchema = z.strictObject({
  kind: z.literal("azure"),
  "tenant-id": textSchema.optional(),
  "client-id": textSchema.optional(),
  "client-secret-env": environmentNameSchema.optional(),
  scope: textSchema.optional(),
  /** For sovereign clouds. */
  authority: addressSchema.optional(),
});

export const authSchema = z.discriminatedUnion("kind", [oauth2Schema, sigv4Schema, googleSchema, azureSchema], {
  error: "must be oauth2, sigv4, google or azure",
});

export type AuthOptions = z.infer<typeof authSchema>;
export type Oauth2Options = z.infer<typeof oauth2Schema>;
export type Sigv4Options = z.infer<typeof sigv4Schema>;
export type GoogleOptions = z.infer<typeof googleSchema>;
export type AzureOptions = z.infer<typeof azureSchema>;

/** A sign-in with everything that its kind needs; what the config leaves out, the source has filled in. */
export type CompleteAuth =
  | Oauth2Options
  | GoogleOptions
  | (Sigv4Options & { readonly region: string; readonly service: string })
  | (AzureOptions & { readonly scope: string });

/** Combinations of keys inside `auth` that contradict each other. */
export function authProblems(auth: AuthOptions): readonly { readonly key: string; readonly message: string }[] {
  switch (auth.kind) {
    case "oauth2":
      return oneOf(auth["client-id"], auth["client-id-env"]) === 1
        ? []
        : [{ key: "client-id", message: "give either `client-id` or `client-id-env`" }];
    case "sigv4":
      return oneOf(auth["access-key-id-env"], auth["secret-access-key-env"]) === 1
        ? [{ key: "access-key-id-env", message: "is given together with `secret-access-key-env`, or not at all" }]
        : [];
    case "google":
      return oneOf(auth["credentials-env"], auth["workload-identity-provider"]) === 2
        ? [{ key: "credentials-env", message: "give either `credentials-env` or `workload-identity-provider`" }]
        : [];
    case "azure":
      return [];
  }
}

function oneOf(...values: readonly (string | undefined)[]): number {
  return values.filter((value) => value !== undefined).length;
}

/** Environment variables that Amazon's own tools read and write. */
export const AWS_NAMES = {
  accessKeyId: "AWS_ACCESS_KEY_ID",
  secretAccessKey: "AWS_SECRET_ACCESS_KEY",
  sessionToken: "AWS_SESSION_TOKEN",
} as const;

/** Names of the environment variables that hold secrets for `auth`. */
export function authSecretNames(auth: AuthOptions): readonly string[] {
  switch (auth.kind) {
    case "oauth2":
      return [auth["client-secret-env"], ...(auth["client-id-env"] === undefined ? [] : [auth["client-id-env"]])];
    case "sigv4":
      return [
        auth["access-key-id-env"] ?? AWS_NAMES.accessKeyId,
        auth["secret-access-key-env"] ?? AWS_NAMES.secretAccessKey,
        auth["session-token-env"] ?? AWS_NAMES.sessionToken,
      ];
    case "google":
      return auth["credentials-env"] === undefined ? [] : [auth["credentials-env"]];
    case "azure":
      return auth["client-secret-env"] === undefined ? [] : [auth["client-secret-env"]];
  }
}

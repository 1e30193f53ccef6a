import { z } from "zod";
import type { Ports } from "../../ports.ts";
import { environmentNameSchema, textSchema } from "../http/fields.ts";
import { withCompleteAuth } from "../http/hosted.ts";
import { type ConnectOptions, type HttpOptions, httpShape, refineAuthentication } from "../http/options.ts";

export const ELASTICSEARCH_TYPES = { elasticsearch: "Elasticsearch", opensearch: "OpenSearch" } as const;

export const elasticsearchOptionsSchema = z
  .strictObject({
    type: z.enum(["elasticsearch", "opensearch"]),
    ...httpShape,
    /** Key of Elasticsearch, encoded as its page shows it. */
    "api-key-env": environmentNameSchema.optional(),
    index: textSchema.regex(/^[^/?#\s]+$/, { error: "must be the name or pattern of indices, without / and spaces" }),
    "time-field": textSchema.optional(),
    "max-points": z.int().min(2).max(1_000_000).optional(),
  })
  .superRefine(refineAuthentication)
  .superRefine(refineKey);

export type ElasticsearchOptions = z.infer<typeof elasticsearchOptionsSchema>;

function refineKey(options: HttpOptions & { "api-key-env"?: string | undefined }, context: z.RefinementCtx): void {
  const other = (["token-env", "password-env", "auth"] as const).find((key) => options[key] !== undefined);
  if (options["api-key-env"] === undefined || other === undefined) return;
  context.addIssue({ code: "custom", path: ["api-key-env"], message: `signs in already; remove \`${other}\`` });
}

/** Options whose key travels as the token that it is. */
export function withKey(options: ElasticsearchOptions): HttpOptions {
  const key = options["api-key-env"];
  return key === undefined ? options : { ...options, "token-env": key };
}

export function connectOptions(options: ElasticsearchOptions, env: Ports["env"]): ConnectOptions {
  const complete = withCompleteAuth(withKey(options), env, { awsService: "es" });
  return options["api-key-env"] === undefined ? complete : { ...complete, tokenScheme: "ApiKey" };
}

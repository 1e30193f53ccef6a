import { z } from "zod";
import type { Ports } from "../../ports.ts";
import { textSchema } from "../http/fields.ts";
import { withCompleteAuth } from "../http/hosted.ts";
import { type ConnectOptions, type HttpOptions, httpShape, refineAuthentication } from "../http/options.ts";

export const LANGUAGES = ["influxql", "flux", "sql"] as const;
type Language = (typeof LANGUAGES)[number];

/** Rows of one answer; InfluxDB 1 cuts off at `max-row-limit`, 10,000 where it is set. */
export const POINTS_PER_REQUEST = 10_000;

export const influxdbOptionsSchema = z
  .strictObject({
    type: z.literal("influxdb"),
    ...httpShape,
    language: z.enum(LANGUAGES).optional(),
    database: textSchema.optional(),
    "retention-policy": textSchema.optional(),
    org: textSchema.optional(),
    "max-points": z.int().min(2).max(1_000_000).optional(),
  })
  .superRefine(refineAuthentication)
  .superRefine(refineLanguage);

export type InfluxdbOptions = z.infer<typeof influxdbOptionsSchema>;

/** What each language needs to know beside the query. */
const PLACES = { influxql: "database", flux: "org", sql: "database" } as const satisfies Record<Language, string>;

function refineLanguage(
  options: HttpOptions & Pick<InfluxdbOptions, "language" | "database" | "org" | "retention-policy">,
  context: z.RefinementCtx,
): void {
  const report = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
  const language = options.language ?? "influxql";
  const needed = PLACES[language];
  if (options[needed] === undefined) report(needed, `is needed for \`language: ${language}\``);
  for (const key of ["database", "org", "retention-policy"] as const) {
    const belongs = key === needed || (key === "retention-policy" && language === "influxql");
    if (options[key] !== undefined && !belongs) report(key, `does not belong to \`language: ${language}\``);
  }
}

export function connectOptions(options: InfluxdbOptions, env: Ports["env"]): ConnectOptions {
  const complete = withCompleteAuth(options, env);
  // InfluxDB 2 knows the word Token only; 3 knows both.
  return options.language === "sql" ? complete : { ...complete, tokenScheme: "Token" };
}

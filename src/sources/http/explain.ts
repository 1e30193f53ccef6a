import { z } from "zod";
import type { ServerWords } from "./contract.ts";
import { parseJson } from "./json.ts";

const text = z.string().min(1);

/** How the providers wrap their own words, one shape each. */
const SHAPES: readonly z.ZodType<string>[] = [
  // Google, Azure: { error: { code, message, status } }
  z
    .object({ error: z.object({ message: text, status: z.string().nullish(), code: z.unknown() }) })
    .transform(({ error }) => named(error.status ?? (typeof error.code === "string" ? error.code : ""), error.message)),
  // OAuth 2: { error: "invalid_client", error_description: "..." }
  z
    .object({ error: text, error_description: text })
    .transform(({ error, error_description }) => named(error, error_description)),
  // Datadog, JSON:API: { errors: ["..."] } or { errors: [{ detail | title | message }] }
  z.object({ errors: z.array(text).min(1) }).transform(({ errors }) => errors.join("; ")),
  z
    .object({
      errors: z
        .array(z.object({ detail: z.string().nullish(), title: z.string().nullish(), message: z.string().nullish() }))
        .min(1),
    })
    .transform(({ errors }) => errors.map((one) => one.detail ?? one.message ?? one.title ?? "").join("; ")),
  // Amazon: { __type: "AccessDeniedException", message | Message: "..." }
  z
    .object({ __type: z.string().optional(), message: text.optional(), Message: text.optional() })
    .refine((body) => body.message !== undefined || body.Message !== undefined)
    .transform((body) => named(body.__type?.replace(/^.*#/, "") ?? "", body.message ?? body.Message ?? "")),
  z.object({ error: text }).transform(({ error }) => error),
];

function named(name: string, words: string): string {
  return name === "" || words.startsWith(name) ? words : `${name}: ${words}`;
}

/** The server's own words in whatever shape; null: none was recognised. */
export function explainAnyError(body: string): ServerWords | null {
  const xml = explainXml(body);
  if (xml !== null) return xml;
  const json = parseJson(body);
  if (!json.ok) return null;
  for (const shape of SHAPES) {
    const parsed = shape.safeParse(json.value);
    if (parsed.success && parsed.data !== "") return { text: parsed.data, timedOut: false };
  }
  return null;
}

/** Amazon says so with status 400. */
const THROTTLING = /^(Throttling(Exception)?|RequestLimitExceeded|TooManyRequestsException|SlowDown)$/;

/** Amazon's query APIs: <Error><Code>...</Code><Message>...</Message></Error>. */
function explainXml(body: string): ServerWords | null {
  const message = xmlText(body, "Message");
  if (message === null) return null;
  const code = xmlText(body, "Code") ?? "";
  return { text: named(code, message), timedOut: false, ...(THROTTLING.test(code) && { throttled: true }) };
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** Text of the first element with that name; null: there is none. */
export function xmlText(body: string, name: string): string | null {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
  if (found === undefined) return null;
  return found.replace(/&(lt|gt|quot|apos|amp);/g, (_whole, entity: string) => ENTITIES[entity] ?? "");
}

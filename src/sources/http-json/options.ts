import { z } from "zod";
import { type HttpOptions, httpShape, refineAuthentication } from "../http/options.ts";
import { placeholdersIn } from "../template.ts";
import { namesWindow, placeholderProblem, textsIn } from "./placeholders.ts";
import { parsePath } from "./select.ts";

const templateSchema = z.string().superRefine((text, context) => {
  const problem = placeholderProblem(text);
  if (problem !== null) context.addIssue({ code: "custom", message: problem });
});

const PATH_PROBLEM = "is not a path into the answer; write for example $.data[*], @.labels.zone or @[1]";

const pathSchema = templateSchema.refine(
  (text) => placeholdersIn(text).length > 0 || (text !== "" && parsePath(text) !== null),
  { error: PATH_PROBLEM },
);

const bodySchema = z
  .union([templateSchema, z.record(z.string(), z.unknown()), z.array(z.unknown())])
  .superRefine((body, context) => {
    if (typeof body === "string") return;
    const problem = textsIn(body)
      .map(placeholderProblem)
      .find((one) => one !== null);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem ?? "" });
  });

/** How the next page is found: by a token, by an address, or by counting until a page is empty. */
const pagesSchema = z
  .strictObject({
    cursor: pathSchema.optional(),
    link: pathSchema.optional(),
    until: z.literal("empty").optional(),
    first: z.int().min(0).optional(),
  })
  .refine(({ cursor, link, until }) => [cursor, link, until].filter((one) => one !== undefined).length === 1, {
    error: "must name one of `cursor` (path to a token), `link` (path to an address) and `until: empty`",
  });

export const httpJsonOptionsSchema = z
  .strictObject({
    type: z.literal("http-json"),
    ...httpShape,
    method: z.enum(["GET", "POST"]).optional(),
    path: templateSchema.refine((path) => path.startsWith("/"), { error: "must begin with /" }).optional(),
    parameters: z.record(z.string().min(1), templateSchema).optional(),
    body: bodySchema.optional(),
    "content-type": z.string().min(1).optional(),
    rows: pathSchema,
    labels: z.record(z.string().min(1), pathSchema),
    time: pathSchema,
    "time-unit": z.enum(["seconds", "milliseconds", "microseconds", "nanoseconds"]).optional(),
    value: pathSchema,
    error: pathSchema.optional(),
    pages: pagesSchema.optional(),
    "max-points": z.int().min(2).max(1_000_000).optional(),
  })
  .superRefine(refineAuthentication)
  .superRefine(refineRequest);

export type HttpJsonOptions = z.infer<typeof httpJsonOptionsSchema>;

type RequestKeys = Pick<HttpJsonOptions, "method" | "path" | "parameters" | "body" | "content-type" | "pages">;

function refineRequest(options: HttpOptions & RequestKeys, context: z.RefinementCtx): void {
  const report = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
  const { method, body, pages } = options;
  if (method === "GET" && body !== undefined) report("body", "cannot be sent by GET; write `method: POST`");
  if (options["content-type"] !== undefined && typeof body !== "string") {
    report("content-type", "belongs to a `body` that is a text; a body with keys is sent as JSON");
  }
  const used = new Set(templatesOf(options).flatMap(placeholdersIn));
  if (pages?.cursor !== undefined && !used.has("cursor")) {
    report("pages", "names a cursor, but {{cursor}} stands nowhere in `path`, `parameters` and `body`");
  }
  if (pages?.until !== undefined && !used.has("page") && !used.has("offset")) {
    report("pages", "counts pages, but neither {{page}} nor {{offset}} stands in `path`, `parameters` and `body`");
  }
}

/** Texts of the request that may hold placeholders. */
function templatesOf({ path, parameters, body }: RequestKeys): string[] {
  return [path ?? "", ...Object.values(parameters ?? {}), ...textsIn(body)];
}

/** True when the request says which time it wants, so that a shorter one can be asked for. */
export function asksForWindow(options: RequestKeys): boolean {
  return templatesOf(options).some(namesWindow);
}

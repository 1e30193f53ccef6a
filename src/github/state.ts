import { z } from "zod";

/**
 * What a later run must know is kept where it is looked up anyway: as an invisible line in the check run and in the
 * comment. It is read back through a schema, because whoever can write checks could have written it.
 */
const PREFIX = "<!-- deploy-impact:state ";
const PATTERN = /<!-- deploy-impact:state ([A-Za-z0-9_-]+) -->/;

const otherDeployment = z.object({
  id: z.string(),
  environment: z.string(),
  sha: z.string(),
  deployedAt: z.number(),
});

export const pendingStateSchema = z.object({
  kind: z.literal("pending"),
  deployedAt: z.number(),
  deployedAtSource: z.string(),
  pullRequests: z.array(z.int()),
  rollback: z.boolean(),
  configChanged: z.boolean().nullable(),
  changedPaths: z.array(z.string()).nullable(),
  others: z.array(otherDeployment).nullable(),
  url: z.string().nullable(),
  /** How many of several planned looks were taken and did not decide; left out: none. */
  looked: z.int().optional(),
});

/** The trigger as it was when the analysis was registered; a run that finishes it starts from this. */
export type PendingState = z.infer<typeof pendingStateSchema>;

const doneSchema = z.object({ kind: z.literal("done"), digest: z.string() });

/** What a finished check was made from, so that a repeated delivery writes nothing. */
export type DoneState = z.infer<typeof doneSchema>;

const VERDICT = z.enum(["regression", "improvement", "no-impact", "inconclusive", "invalid"]);
const saidSchema = z.object({ verdict: VERDICT, at: z.iso.datetime() });

const commentSchema = saidSchema.extend({ kind: z.literal("comment"), previous: saidSchema.nullable() });

/** What a comment says now and what it said before it said that. */
export type CommentState = z.infer<typeof commentSchema>;

/** The same state gives the same line: keys are sorted, because reading it back does not keep their order. */
export function stateLine(state: PendingState | DoneState | CommentState): string {
  return `${PREFIX}${Buffer.from(JSON.stringify(sorted(state)), "utf8").toString("base64url")} -->`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

export const readPendingState = (text: string | null): PendingState | null => read(pendingStateSchema, text);
export const readDoneState = (text: string | null): DoneState | null => read(doneSchema, text);
export const readCommentState = (text: string | null): CommentState | null => read(commentSchema, text);

function read<T>(schema: z.ZodType<T>, text: string | null): T | null {
  const encoded = PATTERN.exec(text ?? "")?.[1];
  if (encoded === undefined) return null;
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(encoded, "base64url").toString("utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

const openCheckSchema = z.object({
  id: z.int(),
  repository: z.string(),
  /** Its plan is written down, so any later run can finish it. */
  registered: z.boolean(),
});

export type OpenCheck = z.infer<typeof openCheckSchema>;

const openChecksSchema = z.array(openCheckSchema);

/** The note that a step's main process leaves for its post process. */
export function readOpenChecks(note: string): readonly OpenCheck[] {
  return note === "" ? [] : openChecksSchema.parse(JSON.parse(note));
}

import * as z from "zod";
import { nearestName } from "../sources/nearest.ts";
import type { Path } from "./origins.ts";
import { at, pathText, quote, sentence, valueAt } from "./path.ts";

/** One thing that is wrong, still as a path into the config. */
export interface Finding {
  readonly path: Path;
  /** `key`: the key itself is the problem, not its value. */
  readonly at: "key" | "value";
  readonly message: string;
  readonly hint: string;
  /** The known key that an unknown one was taken for: it is misspelled, not missing. */
  readonly meant?: string;
}

type Issue = z.core.$ZodIssue;

const LOOK_UP = "docs/configuration.md lists every key with its values.";

/** What a schema has to say about `value`, as sentences for the person who wrote it. `prefix`: where `value` stands. */
export function findingsOf(schema: z.ZodType, value: unknown, root: object, prefix: Path = []): Finding[] {
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  const shape = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const context: Context = { shape, root, prefix, value };
  return parsed.error.issues.flatMap((issue) => describe(issue, context));
}

interface Context {
  readonly shape: z.core.JSONSchema.BaseSchema;
  readonly root: object;
  readonly prefix: Path;
  readonly value: unknown;
}

function describe(issue: Issue, context: Context): Finding[] {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, issue.path, context));
    case "invalid_union":
      return describeUnion(issue, context);
    case "invalid_value":
      return [wrongChoice(issue, context)];
    case "invalid_type":
      return [wrongType(issue, context)];
    case "invalid_key":
      return [finding(issue.path, issue.issues[0]?.message ?? issue.message, context, "key")];
    default:
      return [finding(issue.path, issue.message, context)];
  }
}

function unknownKey(key: string, path: Path, context: Context): Finding {
  const known = knownKeys(context.shape, path);
  const meant = nearestName(key, known);
  const where =
    context.prefix.length + path.length === 0 ? "" : ` in ${pathText(context.root, [...context.prefix, ...path])}`;
  const choices = `Known keys${where}: ${known.join(", ")}.`;
  return {
    path: [...context.prefix, ...path, key],
    at: "key",
    message: `Unknown key ${quote(key)}${where}${meant === null ? "." : `; did you mean "${meant}"?`}`,
    hint: meant === null ? choices : `Write "${meant}", or remove the key. ${choices}`,
    ...(meant === null ? {} : { meant }),
  };
}

/** The branch that was meant is the one whose own type fits; the others only say that they are something else. */
function describeUnion(issue: Extract<Issue, { code: "invalid_union" }>, context: Context): Finding[] {
  const meant = issue.errors.filter((branch) => !branch.some((inner) => isTypeError(inner)));
  const branch = meant.length === 1 ? meant[0] : undefined;
  if (branch === undefined) return [finding(issue.path, issue.message, context)];
  return branch.flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] }, context));
}

function isTypeError(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_union");
}

function wrongChoice(issue: Extract<Issue, { code: "invalid_value" }>, context: Context): Finding {
  const given = valueAt(context.value, issue.path);
  const allowed = issue.values.map(String);
  const meant = typeof given === "string" ? nearestName(given, allowed) : null;
  const path = [...context.prefix, ...issue.path];
  const message = given === undefined ? "is missing" : `${quote(given)} is not allowed`;
  return {
    path,
    at: "value",
    message: sentence(pathText(context.root, path), `${message}${meant === null ? "" : `; did you mean "${meant}"?`}`),
    hint: `Allowed: ${allowed.join(", ")}.`,
  };
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map of keys",
  record: "a map of keys",
  array: "a list",
};

function wrongType(issue: Extract<Issue, { code: "invalid_type" }>, context: Context): Finding {
  const given = valueAt(context.value, issue.path);
  const wanted = TYPE_WORDS[issue.expected] ?? issue.expected;
  if (given === undefined) return finding(issue.path, `is missing; write ${wanted}`, context);
  if (given === null) return finding(issue.path, `is empty; write ${wanted}, or remove the key`, context);
  const custom = issue.message.startsWith("Invalid input") ? `${quote(given)} is not ${wanted}` : issue.message;
  return finding(issue.path, custom, context);
}

/** "what is wrong; what to do" becomes message and hint. */
function finding(path: Path, text: string, context: Context, where: "key" | "value" = "value"): Finding {
  const full = [...context.prefix, ...path];
  const [wrong = text, ...rest] = text.split("; ");
  const hint = rest.length === 0 ? LOOK_UP : `${capitalise(rest.join("; "))}.`;
  return { path: full, at: where, message: sentence(pathText(context.root, full), wrong), hint };
}

function capitalise(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Keys that the schema knows at this place. */
function knownKeys(shape: unknown, path: Path): string[] {
  const open = (branch: unknown): unknown[] => flatten(branch, shape);
  const branches = path.reduce<unknown[]>((level, step) => level.flatMap((one) => inside(open(one), step)), [shape]);
  const keys = branches.flatMap(open).flatMap((branch) => Object.keys(at(branch, "properties") ?? {}));
  return [...new Set(keys)];
}

function inside(choices: readonly unknown[], step: PropertyKey): unknown[] {
  return choices.flatMap((one) => {
    const property = at(at(one, "properties"), step);
    const next = property ?? (typeof step === "number" ? at(one, "items") : at(one, "additionalProperties"));
    return typeof next === "object" && next !== null ? [next] : [];
  });
}

/** A schema, what it refers to, and every choice in it. */
function flatten(branch: unknown, shape: unknown): unknown[] {
  const reference = at(branch, "$ref");
  const named = typeof reference === "string" ? at(at(shape, "$defs"), reference.replace("#/$defs/", "")) : undefined;
  const choices = [at(branch, "anyOf"), at(branch, "oneOf"), at(branch, "allOf")].filter(Array.isArray).flat();
  return [branch, ...[...choices, ...(named === undefined ? [] : [named])].flatMap((one) => flatten(one, shape))];
}

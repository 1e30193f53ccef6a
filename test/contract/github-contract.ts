/**
 * GitHub's own description of its API as a judge: of the requests that we send (strictly: a field that the
 * description does not know is a mistake) and of the answers that our stand-in gives.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import formats from "ajv-formats";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Schema = { [key: string]: unknown };

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Record<string, { readonly schema: Schema }> };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: Schema }> }>;
}

interface Description {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Schema>; readonly parameters: Record<string, Parameter> };
}

const DESCRIPTION: Description = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "github-openapi.json"), "utf8"),
) as Description;

/** OpenAPI 3.0 says `nullable`, JSON Schema says `anyOf null`; a closed object refuses unknown fields. */
function jsonSchema(schema: unknown, closed: boolean): unknown {
  if (Array.isArray(schema)) return schema.map((item) => jsonSchema(item, closed));
  if (typeof schema !== "object" || schema === null) return schema;
  const { nullable, discriminator: _discriminator, ...rest } = schema as Schema;
  const converted: Schema = {};
  for (const [key, value] of Object.entries(rest)) {
    converted[key] =
      key === "properties" && typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonSchema(inner, closed)]))
        : jsonSchema(value, closed);
  }
  if (closed && converted.properties !== undefined && converted.additionalProperties === undefined) {
    converted.additionalProperties = false;
  }
  return nullable === true ? { anyOf: [converted, { type: "null" }] } : converted;
}

const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false });
formats.default(ajv);
const query = new Ajv({ strict: false, coerceTypes: true });
formats.default(query);
for (const one of [ajv, query]) {
  one.addFormat("int64", true);
  one.addSchema({ $id: "github", ...(jsonSchema({ components: DESCRIPTION.components }, false) as Schema) });
}

const compiled = new Map<unknown, ValidateFunction>();

function validator(schema: Schema, closed: boolean): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const text = JSON.stringify(jsonSchema(schema, closed)).replaceAll('"#/components/', '"github#/components/');
  const made = ajv.compile(JSON.parse(text) as Schema);
  compiled.set(schema, made);
  return made;
}

export interface Route {
  readonly template: string;
  readonly operation: Operation;
  readonly parameters: Readonly<Record<string, string>>;
}

const ROUTES = Object.entries(DESCRIPTION.paths).map(([template, operations]) => {
  const pattern = template
    .replace(/[.]/g, "\\.")
    .replace(/\{(\w+)\}/g, (_match, name: string) =>
      name === "path" || name === "basehead" ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`,
    );
  return { template, operations, pattern: new RegExp(`^${pattern}$`) };
});

/** null: not a call that the description knows. Longer templates first, so that `/commits/{ref}/check-runs` wins. */
export function routeOf(method: string, pathname: string): Route | null {
  for (const { template, operations, pattern } of ROUTES.toSorted((a, b) => b.template.length - a.template.length)) {
    const match = pattern.exec(pathname);
    const operation = operations[method.toLowerCase()];
    if (match === null || operation === undefined) continue;
    const entries = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
    return { template, operation, parameters: Object.fromEntries(entries) as Record<string, string> };
  }
  return null;
}

function resolved(parameter: Parameter | { readonly $ref: string }): Parameter {
  if (!("$ref" in parameter)) return parameter;
  const found = DESCRIPTION.components.parameters[parameter.$ref.split("/").at(-1) ?? ""];
  if (found === undefined) throw new Error(`unknown parameter ${parameter.$ref}`);
  return found;
}

/** Everything that is wrong with a request; empty: GitHub would take it. */
export function requestProblems(route: Route, search: URLSearchParams, body: Json | undefined): string[] {
  const { operation } = route;
  const parameters = (operation.parameters ?? []).map(resolved);
  const problems = parameters.flatMap((parameter) => {
    const value = parameter.in === "path" ? route.parameters[parameter.name] : search.get(parameter.name);
    if (value === null || value === undefined) return parameter.required ? [`${parameter.name} is missing`] : [];
    const holder = { value };
    const schema = { type: "object", properties: { value: jsonSchema(parameter.schema, false) } };
    return query.validate(schema, holder) ? [] : [`${parameter.name}: ${query.errorsText()}`];
  });
  const known = new Set(parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name));
  for (const name of search.keys()) if (!known.has(name)) problems.push(`unknown query parameter ${name}`);
  return [...problems, ...bodyProblems(operation, body)];
}

function bodyProblems(operation: Operation, body: Json | undefined): string[] {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  if (schema === undefined) return body === undefined ? [] : ["a body was sent to a call that has none"];
  if (body === undefined) return operation.requestBody?.required === false ? [] : ["the body is missing"];
  const validate = validator(schema, true);
  return validate(body) ? [] : [ajv.errorsText(validate.errors)];
}

function answerSchema(operation: Operation, status: number): Schema | null {
  return operation.responses[String(status)]?.content?.["application/json"]?.schema ?? null;
}

/** Everything that is wrong with an answer. */
export function answerProblems(route: Route, status: number, body: Json | undefined): string[] {
  if (!(String(status) in route.operation.responses)) return [`status ${status} is not described`];
  const schema = answerSchema(route.operation, status);
  if (schema === null) return body === undefined ? [] : ["the answer has no body"];
  const validate = validator(schema, false);
  return validate(body) ? [] : [ajv.errorsText(validate.errors)];
}

/** `partial` with every field that the description requires of the answer. */
export function completeAnswer(route: Route, status: number, partial: Json): Json {
  const schema = answerSchema(route.operation, status);
  return schema === null ? partial : filled(schema, partial);
}

function dereferenced(schema: Schema): Schema {
  if (typeof schema.$ref !== "string") return schema;
  const found = DESCRIPTION.components.schemas[schema.$ref.split("/").at(-1) ?? ""];
  if (found === undefined) throw new Error(`unknown schema ${schema.$ref}`);
  return found;
}

function filled(reference: Schema, partial: Json | undefined): Json {
  const schema = branchFor(dereferenced(reference), partial);
  if (partial === null || (partial === undefined && schema.nullable === true)) return null;
  if (Array.isArray(partial)) return partial.map((item) => filled((schema.items ?? {}) as Schema, item));
  if (schema.properties !== undefined || (typeof partial === "object" && partial !== undefined)) {
    return filledObject(schema, typeof partial === "object" ? partial : {});
  }
  return partial ?? sample(schema);
}

function filledObject(schema: Schema, partial: { [key: string]: Json }): Json {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const required = (schema.required ?? []) as string[];
  const names = new Set([...required, ...Object.keys(partial)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const property = properties[name];
      return [name, property === undefined ? (partial[name] ?? null) : filled(property, partial[name])];
    }),
  );
}

/** Of alternatives the one whose `type` the partial names, else the first. */
function branchFor(schema: Schema, partial: Json | undefined): Schema {
  const branches = (schema.oneOf ?? schema.anyOf ?? schema.allOf) as Schema[] | undefined;
  if (branches === undefined || schema.properties !== undefined) return schema;
  const candidates = branches.map(dereferenced);
  const fits = candidates.find((branch) => {
    const { type } = (branch.properties ?? {}) as Record<string, Schema>;
    const wanted =
      typeof partial === "object" && partial !== null && !Array.isArray(partial) ? partial.type : undefined;
    return Array.isArray(type?.enum) && type.enum.includes(wanted);
  });
  const string = typeof partial === "string" ? candidates.find((branch) => branch.type === "string") : undefined;
  return fits ?? string ?? candidates[0] ?? schema;
}

function sample(schema: Schema): Json {
  if (Array.isArray(schema.enum)) return schema.enum[0] as Json;
  if (schema.type === "array") return [];
  if (schema.type === "integer" || schema.type === "number") return 1;
  if (schema.type === "boolean") return false;
  if (schema.type === "object") return {};
  if (schema.format === "date-time") return "2026-01-01T00:00:00Z";
  return schema.format === "uri" ? "https://github.example/x" : "x";
}

import { readFileSync } from "node:fs";
import type { JsonValue } from "../../../src/core/outcome.ts";

export type JsonObject = { readonly [key: string]: JsonValue };

export function readJson(file: string): JsonObject {
  return object(JSON.parse(readFileSync(file, "utf8")) as JsonValue);
}

export function object(value: JsonValue | undefined): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("expected an object");
  return value;
}

/** A list; a single element that lost its brackets counts as a list of one. */
export function list(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

export function text(value: JsonValue | undefined): string {
  if (typeof value !== "string") throw new TypeError(`expected text, got ${JSON.stringify(value)}`);
  return value;
}

/** A number; infinities are written as strings. */
export function number(value: JsonValue | undefined): number {
  if (typeof value === "number") return value;
  if (value === "Infinity") return Number.POSITIVE_INFINITY;
  if (value === "-Infinity") return Number.NEGATIVE_INFINITY;
  throw new TypeError(`expected a number, got ${JSON.stringify(value)}`);
}

export function texts(value: JsonValue | undefined): string[] {
  return list(value).map(text);
}

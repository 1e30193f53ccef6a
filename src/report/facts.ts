import type { JsonValue } from "../core/outcome.ts";

/** Facts are free keys: a reader asks for a type and gets null when the key is missing or holds something else. */
export type Facts = Readonly<Record<string, JsonValue>>;

export function numberFact(facts: Facts, key: string): number | null {
  const value = facts[key];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function textFact(facts: Facts, key: string): string | null {
  const value = facts[key];
  return typeof value === "string" && value !== "" ? value : null;
}

export function flagFact(facts: Facts, key: string): boolean | null {
  const value = facts[key];
  return typeof value === "boolean" ? value : null;
}

export function textsFact(facts: Facts, key: string): readonly string[] {
  const value = facts[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

export function numbersFact(facts: Facts, key: string): readonly number[] {
  const value = facts[key];
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is number => typeof item === "number" && Number.isFinite(item));
}

export function recordsFact(facts: Facts, key: string): readonly Facts[] {
  const value = facts[key];
  if (!Array.isArray(value)) return [];
  return value.filter(
    (item): item is { [key: string]: JsonValue } => item !== null && typeof item === "object" && !Array.isArray(item),
  );
}

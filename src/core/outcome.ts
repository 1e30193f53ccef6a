import type { ReasonCode } from "./reasons.ts";

/** A plain value that survives JSON. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/**
 * A typed "cannot answer": the data are readable but do not allow the number that was asked for.
 *
 * A refusal is never replaced by zero, null or p = 1. `message` is one sentence for a person, `hint` says what to
 * change, `facts` carry the numbers the sentence is made of (units: as named in the key).
 */
export interface Refusal {
  readonly code: ReasonCode;
  readonly message: string;
  readonly hint: string;
  readonly facts: Readonly<Record<string, JsonValue>>;
}

/** Either a value or the reason why there is none. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export function answer<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function refuse(
  code: ReasonCode,
  message: string,
  hint: string,
  facts: Readonly<Record<string, JsonValue>> = {},
): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { code, message, hint, facts } };
}

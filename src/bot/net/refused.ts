import { DeployImpactError } from "../../core/errors.ts";

/**
 * An address that is out of bounds. The address itself is not said: it would tell whoever writes a config what the
 * name service inside answers.
 */
export function addressRefused(host: string, why: string): DeployImpactError {
  return new DeployImpactError(
    "SOURCE_REJECTED",
    `${host} is out of bounds for a config of the bot: it leads to ${why}.`,
    {
      hint: "Name a server on the public internet, or ask the operator of the bot to allow its network (docs/operating.md).",
    },
  );
}

/** The refusal somewhere in the causes of what `fetch` threw; null: it failed for another reason. */
export function refusalIn(thrown: unknown): DeployImpactError | null {
  let current: unknown = thrown;
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth += 1) {
    if (current instanceof DeployImpactError) return current;
    const attempts: unknown = Reflect.get(current, "errors");
    current = Reflect.get(current, "cause") ?? (Array.isArray(attempts) ? attempts[0] : undefined);
  }
  return null;
}

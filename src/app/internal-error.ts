import { createHash } from "node:crypto";
import { DeployImpactError } from "../core/errors.ts";

/**
 * A bug of ours as an error for people. The code is made of the kind of error and where it was thrown, never of data,
 * so that the same bug has the same code for everybody: `DI-3f2a`.
 */
export function asDeployImpactError(error: unknown): DeployImpactError {
  if (error instanceof DeployImpactError) return error;
  const code = internalErrorCode(error);
  const text = error instanceof Error ? error.message : String(error);
  return new DeployImpactError("INTERNAL", `Internal error ${code}: ${text}`, {
    hint: `This is a bug in deploy-impact. Please report it with the code ${code}, the version and the command; leave data and addresses out.`,
    cause: error,
  });
}

export function internalErrorCode(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  const frame = error instanceof Error ? frameOf(error.stack ?? "") : "";
  return `DI-${createHash("sha256").update(`${name}\n${frame}`).digest("hex").slice(0, 4)}`;
}

/** The function that threw; no file, because paths differ by machine. */
function frameOf(stack: string): string {
  return /^\s+at (?:async )?([\w$.#<>]+) \(/m.exec(stack)?.[1] ?? "";
}

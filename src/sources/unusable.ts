import { DeployImpactError } from "../core/errors.ts";

/** A question that was understood, or an answer that is well-formed, but of no use here; `detail` ends the sentence. */
export function unusable(what: string, detail: string, hint: string): DeployImpactError {
  return new DeployImpactError("SOURCE_REJECTED", `The answer to ${what} cannot be used: ${detail}.`, { hint });
}

/** A query that is not sent, because the server could only refuse or misread it. */
export function unaskable(what: string, detail: string, hint: string): DeployImpactError {
  const subject = what.charAt(0).toUpperCase() + what.slice(1);
  return new DeployImpactError("SOURCE_REJECTED", `${subject} cannot be asked: ${detail}.`, { hint });
}
